package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"runtime/debug"
	"strings"
)

// Exit codes. diagnose uses all of them; every other command the first and the
// last two.
const (
	exitOK           = 0
	exitCause        = 1
	exitInconclusive = 2
	exitFailed       = 3
	exitInterrupted  = 130
)

func main() {
	ctx, stop := untilSignal()
	code := run(ctx, program{args: os.Args[1:], in: os.Stdin, out: os.Stdout, err: os.Stderr, env: os.Getenv})
	stop()
	os.Exit(code)
}

// program is what a command may touch: tests give their own.
type program struct {
	args []string
	in   io.Reader
	out  io.Writer // results
	err  io.Writer // the rest
	env  func(string) string
}

// command is one word of the command line.
type command struct {
	name   string
	args   string // what follows it, for help
	short  string
	long   string
	server bool // it runs until it is asked to end
	run    func(context.Context, program) (int, error)
}

// usageError is a command line that was not understood.
type usageError struct{ reason, hint string }

func (e *usageError) Error() string { return e.reason }

// run carries one command line out and returns the exit code. A panic is 3, not
// the runtime's 2, which would mean that no cause was proved.
func run(ctx context.Context, p program) (code int) {
	defer func() {
		if r := recover(); r != nil {
			fmt.Fprintf(p.err, "plexor: panic: %v\n%s", r, debug.Stack())
			code = exitFailed
		}
	}()
	if len(p.args) == 0 {
		fmt.Fprint(p.err, overview())
		return exitFailed
	}
	name := p.args[0]
	p.args = p.args[1:]
	if name == "-h" || name == "--help" {
		name = "help"
	}
	for _, c := range append(commands(), command{name: backendCommandName, short: "plays a backend", run: playBackend}) {
		if c.name == name {
			return finish(ctx, p, c)
		}
	}
	fmt.Fprintf(p.err, "plexor: there is no command %q%s\n", name, nearest(name, commandNames()))
	return exitFailed
}

func finish(ctx context.Context, p program, c command) int {
	if len(p.args) > 0 && (p.args[0] == "-h" || p.args[0] == "--help") {
		fmt.Fprint(p.out, c.help())
		return exitOK
	}
	code, err := c.run(ctx, p)
	switch bad := (*usageError)(nil); {
	case errors.Is(err, flag.ErrHelp):
		fmt.Fprint(p.out, c.help())
		return exitOK
	case ctx.Err() != nil && (err == nil || !c.server):
		return endedCode(ctx, c.server, code)
	case err == nil:
		return code
	case errors.As(err, &bad):
		fmt.Fprintf(p.err, "plexor %s: %s\n", c.name, bad.reason)
		if bad.hint != "" {
			fmt.Fprintf(p.err, "  %s\n", bad.hint)
		}
		return exitFailed
	default:
		fmt.Fprintf(p.err, "plexor %s: %v\n", c.name, err)
		return exitFailed
	}
}

func (c command) help() string {
	return fmt.Sprintf("plexor %s %s\n\n%s.\n\n%s\n", c.name, c.args, strings.ToUpper(c.short[:1])+c.short[1:], strings.TrimSpace(c.long))
}

// nearest is ", did you mean …?" for a word that is almost one of known.
func nearest(word string, known []string) string {
	best, distance := "", 3
	for _, k := range known {
		if d := edits(word, k); d < distance {
			best, distance = k, d
		}
	}
	if best == "" {
		return "; `plexor help` lists them"
	}
	return fmt.Sprintf(", did you mean %q?", best)
}

// edits is the Levenshtein distance of two words.
func edits(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := 1
			if a[i] == b[j] {
				cost = 0
			}
			diagonal, row[j+1] = row[j+1], min(row[j+1]+1, row[j]+1, diagonal+cost)
		}
	}
	return row[len(b)]
}
