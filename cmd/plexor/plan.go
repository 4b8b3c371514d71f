package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/plexorbot/plexor/investigations"
	"github.com/plexorbot/plexor/investigations/probe"
)

func planRun(ctx context.Context, p program) (int, error) {
	if len(p.args) == 0 {
		return exitFailed, &usageError{reason: "list, show, validate or test?", hint: "plexor help plan"}
	}
	verb := p.args[0]
	f := newFlags("plan")
	o, dir := f.output(), f.String("plans", "", "")
	if err := f.parse(p.args[1:], 0, 100); err != nil {
		return exitFailed, err
	}
	if verb != "list" && len(f.args) == 0 {
		return exitFailed, &usageError{reason: "which plan?", hint: "plexor help plan"}
	}
	switch verb {
	case "list":
		return exitOK, planList(p, *dir, *o)
	case "show":
		return exitOK, planShow(p, f.args[0], *dir, *o)
	case "validate":
		return planValidate(p, f.args, *o)
	case "test":
		return planTest(p, f.args, *dir, *o)
	}
	return exitFailed, &usageError{reason: "plan " + verb + ": it is list, show, validate or test"}
}

func planList(p program, dir, o string) error {
	all, err := loadPlans(dir)
	type row struct {
		Name   string `json:"name"`
		Title  string `json:"title"`
		File   string `json:"file"`
		Steps  int    `json:"steps"`
		Causes int    `json:"causes"`
	}
	var rows []row
	var text strings.Builder
	for _, name := range sortedKeys(all) {
		pl := all[name]
		rows = append(rows, row{pl.Name, pl.Title, pl.File, len(pl.Steps), len(pl.Causes)})
		fmt.Fprintf(&text, "%-24s %s (%d steps, %d causes)\n", pl.Name, pl.Title, len(pl.Steps), len(pl.Causes))
	}
	return errors.Join(jsonOrText(p, o, rows, text.String()), err)
}

// findPlan loads a plan by its name or from a file.
func findPlan(name, dir string) (*investigations.Plan, error) {
	if text, err := os.ReadFile(name); err == nil {
		return investigations.LoadPlan(name, text, probe.Catalog())
	}
	all, err := loadPlans(dir)
	if pl := all[name]; pl != nil {
		return pl, nil
	}
	if err != nil {
		return nil, err
	}
	return nil, &usageError{reason: fmt.Sprintf("there is no plan and no file %q", name), hint: "plans: " + strings.Join(sortedKeys(all), ", ")}
}

func planShow(p program, name, dir, o string) error {
	pl, err := findPlan(name, dir)
	if err != nil {
		return err
	}
	return jsonOrText(p, o, pl, pl.Explain())
}

func planValidate(p program, files []string, o string) (int, error) {
	type result struct {
		File   string   `json:"file"`
		OK     bool     `json:"ok"`
		Errors []string `json:"errors,omitempty"`
	}
	var results []result
	code := exitOK
	var text strings.Builder
	for _, file := range files {
		src, err := os.ReadFile(file)
		if err == nil {
			_, err = investigations.LoadPlan(file, src, probe.Catalog())
		}
		r := result{File: file, OK: err == nil}
		if err != nil {
			code = exitFailed
			r.Errors = strings.Split(err.Error(), "\n")
			fmt.Fprintln(&text, err)
		} else {
			fmt.Fprintf(&text, "%s: ok\n", file)
		}
		results = append(results, r)
	}
	return code, jsonOrText(p, o, results, text.String())
}

func planTest(p program, names []string, dir, o string) (int, error) {
	code := exitOK
	var text strings.Builder
	all := map[string][]investigations.TestResult{}
	for _, name := range names {
		pl, err := findPlan(name, dir)
		if err != nil {
			return exitFailed, err
		}
		results := pl.Test()
		all[name] = results
		failed := 0
		for _, r := range results {
			if !r.OK {
				failed++
				fmt.Fprintf(&text, "FAIL %s: %s\n  got  %s\n  want %s\n", pl.Name, r.Name, r.Got, r.Want)
			}
		}
		if failed > 0 || len(results) == 0 {
			code = exitFailed
		}
		fmt.Fprintf(&text, "%s: %d passed, %d failed\n", pl.Name, len(results)-failed, failed)
		if len(results) == 0 {
			text.WriteString("  it has no tests, which plexor help plans says how to write\n")
		}
	}
	return code, jsonOrText(p, o, all, text.String())
}
