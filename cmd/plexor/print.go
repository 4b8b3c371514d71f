package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"
	"unicode"

	"golang.org/x/term"

	"github.com/plexorbot/plexor/investigations"
)

// printer writes an investigation for a person, step by step.
type printer struct {
	out    io.Writer
	colour bool
	done   map[string]bool // endpoint and step that were printed
	many   bool            // more than one endpoint
}

func newPrinter(out io.Writer) *printer {
	plain := os.Getenv("NO_COLOR") != "" || os.Getenv("TERM") == "dumb"
	return &printer{out: out, colour: isTerminal(out) && !plain, done: map[string]bool{}}
}

func isTerminal(w any) bool {
	f, ok := w.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

// paint colours text on a terminal. Colour never carries meaning alone.
func (p *printer) paint(code, text string) string {
	if !p.colour {
		return text
	}
	return "\x1b[" + code + "m" + text + "\x1b[0m"
}

var statusColours = map[investigations.Status]string{
	investigations.OK: "32", investigations.Problem: "31", investigations.Unknown: "33", investigations.Skipped: "2",
}

// steps prints what steps of inv got their finding since the last call.
func (p *printer) steps(inv investigations.Investigation) {
	p.many = len(inv.Endpoints) > 1
	for _, e := range inv.Endpoints {
		for _, s := range e.Steps {
			if s.Status == investigations.Pending || s.Status == investigations.Working {
				break // in plan order
			}
			if k := e.Address + "\x00" + e.From + "\x00" + s.ID; !p.done[k] {
				p.done[k] = true
				p.step(e, s)
			}
		}
	}
}

func (p *printer) step(e investigations.Endpoint, s investigations.Step) {
	head := fmt.Sprintf("%-8s", s.Status)
	title := s.Title
	if p.many {
		title = e.Address + "  " + title
	}
	fmt.Fprintf(p.out, "%s %s\n", p.paint(statusColours[s.Status], head), p.paint("1", title))
	if s.Headline != "" {
		fmt.Fprintf(p.out, "         %s\n", clean(s.Headline))
	}
	for _, line := range s.Evidence {
		fmt.Fprintf(p.out, "         - %s\n", clean(line))
	}
	for _, g := range s.NotChecked() {
		fmt.Fprintf(p.out, "         %s\n", p.paint("2", clean(strings.Join(g.Checks, ", ")+": "+g.Why)))
	}
}

// end prints the verdict and what to do.
func (p *printer) end(inv investigations.Investigation) {
	fmt.Fprintln(p.out)
	if inv.Verdict == nil {
		fmt.Fprintf(p.out, "%s %s\n", p.paint("31", string(inv.State)), clean(inv.Error))
		return
	}
	v := inv.Verdict
	colour := map[investigations.VerdictKind]string{investigations.VerdictCause: "1;31", investigations.VerdictHealthy: "1;32"}[v.Kind]
	if colour == "" {
		colour = "1;33"
	}
	fmt.Fprintf(p.out, "%s: %s\n", p.paint(colour, string(v.Kind)), p.paint("1", clean(v.Headline)))
	for _, c := range v.Causes {
		p.cause(c)
	}
	p.candidates(*v)
	p.notChecked(*v)
	if len(v.RuledOut) > 0 {
		fmt.Fprintf(p.out, "%s\n", p.paint("2", "ruled out: "+strings.Join(v.RuledOut, ", ")))
	}
}

func (p *printer) cause(c investigations.Cause) {
	fmt.Fprintf(p.out, "\n%s on %s %s\n  %s\n", p.paint("1", c.ID), clean(c.On), c.Endpoint, clean(c.Headline))
	for _, f := range c.Proof {
		fmt.Fprintf(p.out, "  %s\n", p.paint("2", clean(fmt.Sprintf("%s.%s = %v", f.Check, f.Fact, f.Value))))
	}
	for _, r := range c.Remedies {
		p.remedy(r)
	}
}

func (p *printer) remedy(r investigations.Remedy) {
	on := ""
	if r.On != "" {
		on = " on " + r.On
	}
	risk := ""
	if r.Risk != "" {
		risk = " (" + r.Risk + " risk)"
	}
	fmt.Fprintf(p.out, "  %s%s%s: %s\n", p.paint("1", r.Kind), clean(on), risk, clean(r.Explain))
	for l := range strings.Lines(r.Run) {
		fmt.Fprintf(p.out, "      %s\n", p.paint("36", clean(strings.TrimRight(l, "\n"))))
	}
	if r.Verify != "" {
		fmt.Fprintf(p.out, "      then check: %s\n", clean(r.Verify))
	}
}

func (p *printer) candidates(v investigations.Verdict) {
	if len(v.Candidates) == 0 {
		return
	}
	fmt.Fprintf(p.out, "\n%s\n", p.paint("1", "could be, and what would tell"))
	var commands []string
	seen := map[string]bool{}
	for _, g := range v.CandidateGroups() {
		fmt.Fprintf(p.out, "  %s\n", clean(strings.Join(g.IDs, ", ")+": "+g.Missing))
		for _, run := range g.Commands {
			if !seen[run] {
				seen[run] = true
				commands = append(commands, run)
			}
		}
	}
	for _, run := range commands {
		fmt.Fprintf(p.out, "      %s\n", p.paint("36", clean(run)))
	}
}

func (p *printer) notChecked(v investigations.Verdict) {
	for _, g := range v.NotCheckedGroups() {
		fmt.Fprintf(p.out, "%s\n", p.paint("2", clean("not checked: "+g.String())))
	}
}

// clean keeps what a host or a stranger wrote from steering the terminal, and
// from turning the direction of what follows: a command must read as it runs.
func clean(text string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' && r != '\t' || r == 0x7f || r >= 0x80 && r < 0xa0 || unicode.Is(unicode.Bidi_Control, r) {
			return '�'
		}
		return r
	}, text)
}

// cleanLines is clean for a text of several lines.
func cleanLines(text string) string {
	lines := strings.Split(text, "\n")
	for i := range lines {
		lines[i] = clean(lines[i])
	}
	return strings.Join(lines, "\n")
}

// printJSON writes a value as the one result of a command.
func printJSON(out io.Writer, v any) error {
	e := json.NewEncoder(out)
	e.SetIndent("", "  ")
	e.SetEscapeHTML(false)
	return e.Encode(v)
}
