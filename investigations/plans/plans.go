// Package plans holds the plans that are built into Plexor. They are plans like
// any other: a user copies one, changes it, tests it.
package plans

import (
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"strings"

	"github.com/plexorbot/plexor/investigations"
)

//go:embed *.yml
var files embed.FS

// Guide says how a plan is written.
//
//go:embed README.md
var Guide string

// Builtin gives the files of the built-in plans.
func Builtin() fs.FS { return files }

// Load loads every plan (*.yml, *.yaml) of a directory. Plans with mistakes are
// left out and told in the error, an investigations.PlanErrors; the others are
// usable all the same. Any other error is one of the directory itself.
func Load(dir fs.FS, c investigations.Catalog) ([]*investigations.Plan, error) {
	entries, err := fs.ReadDir(dir, ".")
	if err != nil {
		return nil, fmt.Errorf("listing plans: %w", err)
	}
	var out []*investigations.Plan
	var errs investigations.PlanErrors
	from := map[string]string{}
	for _, e := range entries {
		if ext := path.Ext(e.Name()); e.IsDir() || ext != ".yml" && ext != ".yaml" || strings.HasPrefix(e.Name(), ".") {
			continue
		}
		p, err := loadFile(dir, e.Name(), c)
		var mistakes investigations.PlanErrors
		switch {
		case errors.As(err, &mistakes):
			errs = append(errs, mistakes...)
		case err != nil:
			errs = append(errs, investigations.PlanError{File: e.Name(), Message: err.Error()})
		case from[p.Name] != "":
			errs = append(errs, investigations.PlanError{File: e.Name(), Message: fmt.Sprintf("plan %s is already in %s", p.Name, from[p.Name])})
		default:
			from[p.Name] = e.Name()
			out = append(out, p)
		}
	}
	if len(errs) > 0 {
		return out, errs
	}
	return out, nil
}

func loadFile(dir fs.FS, name string, c investigations.Catalog) (*investigations.Plan, error) {
	src, err := fs.ReadFile(dir, name)
	if err != nil {
		return nil, fmt.Errorf("reading: %w", err)
	}
	if dir == Builtin() {
		return investigations.LoadTested(name, src, c)
	}
	return investigations.LoadPlan(name, src, c)
}
