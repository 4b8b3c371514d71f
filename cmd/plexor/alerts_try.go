package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"

	"github.com/plexorbot/plexor/bot"
	"github.com/plexorbot/plexor/bot/alerts"
	"github.com/plexorbot/plexor/investigations"
)

// longestLine bounds a line of a log that is tried out, in bytes; what is
// beyond it is not read as a line of its own.
const longestLine = 1 << 20

// alertsTest shows what would become of a payload. It asks no bot.
func alertsTest(ctx context.Context, p program) (int, error) {
	f := newFlags("alerts")
	path, source, headers := f.String("config", "", ""), f.String("source", "", ""), pairs{}
	f.Var(headers, "header", "")
	o := f.output()
	if err := f.parse(p.args, 1, 1); err != nil {
		return exitFailed, err
	}
	if *source == "" {
		return exitFailed, &usageError{reason: "which source?", hint: "--source NAME: " + strings.Join(alerts.Sources(), ", ")}
	}
	try := trial{out: p.out, json: *o == "json"}
	var err error
	if try.rules, try.allow, err = triedRules(*path); err != nil {
		return exitFailed, err
	}
	in := p.in
	if f.args[0] != "-" {
		file, err := os.Open(f.args[0])
		if err != nil {
			return exitFailed, fmt.Errorf("read the payload: %w", err)
		}
		defer file.Close()
		in = file
	}
	if program, ok := strings.CutPrefix(*source+":", "log:"); ok {
		return exitOK, try.log(ctx, in, strings.TrimSuffix(program, ":"))
	}
	body, err := io.ReadAll(io.LimitReader(in, alerts.MaxBody+1))
	if err != nil {
		return exitFailed, fmt.Errorf("read the payload: %w", err)
	}
	return try.payload(*source, headers, body)
}

// triedRules are those of the configuration, or the defaults where there is
// none and none was named.
func triedRules(path string) (bot.AlertConfig, *investigations.AllowList, error) {
	cfg, err := readConfig(orDefault(path, "plexor.yml"))
	tryAll := false
	if path == "" && errors.Is(err, os.ErrNotExist) {
		cfg, err, tryAll = new(config), nil, true
		cfg.defaults()
	}
	if err != nil {
		return bot.AlertConfig{}, nil, err
	}
	if tryAll { // nothing says what may be diagnosed, so nothing is shown as refused
		cfg.Targets.Allow = []string{"0.0.0.0/0", "::/0", "*"}
	}
	plans, err := loadPlans(cfg.Plans)
	if err != nil {
		return bot.AlertConfig{}, nil, err
	}
	allow, err := investigations.NewAllowList(cfg.Targets.Allow)
	if err != nil {
		return bot.AlertConfig{}, nil, fmt.Errorf("targets.allow: %w", err)
	}
	rules, err := alertRules(cfg, plans)
	return rules, allow, err
}

func orDefault(s, otherwise string) string {
	if s == "" {
		return otherwise
	}
	return s
}

// trial is what a payload or a log is tried with.
type trial struct {
	rules bot.AlertConfig
	allow *investigations.AllowList
	out   io.Writer
	json  bool
}

func (t trial) payload(source string, headers pairs, body []byte) (int, error) {
	header := http.Header{}
	for k, v := range headers {
		header.Set(k, v)
	}
	preview, err := t.rules.Preview(source, header, body, t.allow)
	if t.json {
		if printErr := printJSON(t.out, preview); printErr != nil {
			return exitFailed, printErr
		}
	}
	if err != nil {
		return exitFailed, fmt.Errorf("it would be answered %d: %w", preview.Status, err)
	}
	if !t.json {
		printPreview(t.out, preview)
	}
	return exitOK, nil
}

func printPreview(out io.Writer, p bot.PayloadPreview) {
	fmt.Fprintf(out, "answer       %d\n", p.Status)
	if p.Note != "" {
		fmt.Fprintf(out, "note         %s\n", clean(p.Note))
	}
	for _, a := range p.Alerts {
		state := "resolved"
		if a.Firing {
			state = "firing"
		}
		fmt.Fprintf(out, "\nalert        %s, %s\n", clean(orDefault(a.Title, a.Fingerprint)), state)
		for _, line := range [][2]string{
			{"parser", a.Parser}, {"targets", strings.Join(a.Targets, " ")}, {"from", a.From}, {"why", a.Why}, {"fingerprint", a.Fingerprint},
			{"severity", a.Severity}, {"route", a.Route.Name}, {"channel", a.Route.Channel}, {"plan", a.Route.Plan},
		} {
			if line[1] != "" {
				fmt.Fprintf(out, "%-12s %s\n", line[0], clean(line[1]))
			}
		}
		for _, k := range sortedKeys(a.Route.Inputs) {
			fmt.Fprintf(out, "%-12s %s=%s\n", "input", k, clean(a.Route.Inputs[k]))
		}
		for _, k := range sortedKeys(a.Labels) {
			fmt.Fprintf(out, "%-12s %s=%s\n", "label", clean(k), clean(a.Labels[k]))
		}
		for _, post := range a.Posts {
			fmt.Fprintf(out, "%-12s %s\n", "would post", clean(post))
		}
	}
}

// notAlert is what a line comes to that is no alert.
type notAlert struct {
	Targets []string `json:"targets"`
}

// log reads lines of a log and prints one line for each.
func (t trial) log(ctx context.Context, in io.Reader, program string) error {
	if program != "" {
		if _, err := alerts.Parse("log:"+program, nil, []byte("x"), alerts.Options{}); err != nil {
			return &usageError{reason: err.Error()}
		}
	}
	w := bufio.NewWriterSize(t.out, 64<<10)
	encode := json.NewEncoder(w)
	encode.SetEscapeHTML(false)
	r := bufio.NewReaderSize(in, 64<<10)
	for ctx.Err() == nil {
		line, err := boundedLine(r)
		if err == io.EOF && len(line) == 0 {
			break
		}
		if err != nil && err != io.EOF {
			return fmt.Errorf("read the log: %w", err)
		}
		if err := t.line(w, encode, program, line); err != nil {
			return fmt.Errorf("write the result: %w", err)
		}
		if r.Buffered() == 0 { // whoever types line by line sees the answer
			if err := w.Flush(); err != nil {
				return fmt.Errorf("write the result: %w", err)
			}
		}
	}
	return w.Flush()
}

// line prints what one line comes to.
func (t trial) line(w io.Writer, encode *json.Encoder, program string, line []byte) error {
	a, ok := alerts.Line(program, line)
	switch {
	case t.json && !ok:
		return encode.Encode(notAlert{Targets: []string{}})
	case t.json:
		return encode.Encode(t.rules.PreviewAlert(a, t.allow))
	case !ok:
		return nil
	}
	_, err := fmt.Fprintf(w, "%s\t%s\t%s\n", clean(orDefault(strings.Join(a.Targets, " "), "-")), clean(a.Title), clean(a.Why))
	return err
}

// boundedLine reads a line, without its end, and drops what of it is beyond the
// bound.
func boundedLine(r *bufio.Reader) ([]byte, error) {
	var line []byte
	for {
		part, err := r.ReadSlice('\n')
		if room := longestLine - len(line); len(part) > room {
			part = part[:max(room, 0)]
		}
		line = append(line, part...)
		if err != bufio.ErrBufferFull {
			if err == io.EOF && len(line) > 0 {
				err = nil
			}
			return bytes.TrimRight(line, "\r\n"), err
		}
	}
}
