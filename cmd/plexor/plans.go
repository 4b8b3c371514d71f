package main

import (
	"errors"
	"fmt"
	"os"

	"github.com/plexorbot/plexor/investigations"
	"github.com/plexorbot/plexor/investigations/plans"
	"github.com/plexorbot/plexor/investigations/probe"
)

// loadPlans loads the built-in plans and those of a directory, "" for none. A
// plan with mistakes is left out and told in the error; the others are usable
// all the same. A plan of the directory replaces a built-in one of its name.
func loadPlans(dir string) (map[string]*investigations.Plan, error) {
	all := map[string]*investigations.Plan{}
	builtin, err := plans.Load(plans.Builtin(), probe.Catalog())
	if err != nil {
		err = fmt.Errorf("built-in plans: %w", err)
	}
	for _, p := range builtin {
		all[p.Name] = p
	}
	if dir == "" {
		return all, err
	}
	if _, statErr := os.Stat(dir); statErr != nil {
		return all, errors.Join(err, fmt.Errorf("plans of your own: %w", statErr))
	}
	own, ownErr := plans.Load(os.DirFS(dir), probe.Catalog())
	for _, p := range own {
		all[p.Name] = p
	}
	return all, errors.Join(err, ownErr)
}

// probeNames are the probes that plans use.
func probeNames() (names []string) {
	for name := range probe.Catalog() {
		names = append(names, name)
	}
	return names
}
