package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"strings"
)

// flags is a command's flag set: errors come back instead of ending the
// program, and flags may stand behind arguments.
type flags struct {
	*flag.FlagSet
	args []string // what was no flag
	o    *string  // -o; nil: the command has none
}

func newFlags(name string) *flags {
	f := flag.NewFlagSet(name, flag.ContinueOnError)
	f.SetOutput(io.Discard)
	return &flags{FlagSet: f}
}

// parse reads args, of which between least and most may be no flags. It returns
// flag.ErrHelp where they ask for help.
func (f *flags) parse(args []string, least, most int) error {
	for len(args) > 0 {
		if err := f.Parse(args); err != nil {
			if errors.Is(err, flag.ErrHelp) {
				return err
			}
			return &usageError{reason: err.Error(), hint: "plexor help " + f.Name() + " lists the flags"}
		}
		rest := f.Args()
		if len(rest) == 0 {
			break
		}
		f.args, args = append(f.args, rest[0]), rest[1:]
	}
	if len(f.args) < least || len(f.args) > most {
		return &usageError{reason: "that is not how it is written", hint: "plexor help " + f.Name()}
	}
	if f.o != nil && *f.o != "text" && *f.o != "json" {
		return &usageError{reason: fmt.Sprintf("-o %s: it is text or json", *f.o)}
	}
	return nil
}

// output is the -o flag.
func (f *flags) output() *string {
	f.o = f.String("o", "text", "text or json")
	return f.o
}

// pairs collects a flag that may be given several times as key=value.
type pairs map[string]string

func (p pairs) String() string { return "" }

// Set reads one key=value.
func (p pairs) Set(text string) error {
	k, v, ok := strings.Cut(text, "=")
	if !ok || k == "" {
		return fmt.Errorf("%q is not key=value", text)
	}
	p[k] = v
	return nil
}
