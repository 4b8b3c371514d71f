package main

import (
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const module = "github.com/plexorbot/plexor/"

// arrows says which of our packages each package may import. The files are read
// here, in this process: what a child process reads, the test cache does not
// see.
var arrows = map[string][]string{
	"investigations/expr":           {},
	"investigations":                {"investigations/expr"},
	"investigations/plans":          {"investigations"},
	"investigations/probe":          {"investigations"},
	"investigations/probe/firewall": {"investigations/probe"},
	"investigations/runner":         {"investigations"},
	"investigations/runner/agent":   {"investigations", "investigations/runner"},
	"investigations/runner/follow":  {},
	"investigations/runner/hub":     {"investigations", "investigations/runner"},
	"investigations/lab":            {"investigations"},
	"store":                         {"investigations"},
	"bot/alerts":                    {"investigations"},
	"bot/awsapi":                    {},
	"bot/slackapi":                  {},
	"bot/schedules":                 {},
	"bot/picture":                   {},
	"bot/workspace":                 {},
	"bot":                           {"investigations", "investigations/expr", "store", "bot/alerts", "bot/picture", "bot/schedules", "bot/slackapi"},
	"cmd/plexor":                    {"*"},
	"cmd/plexor-runner":             {"*"},
}

// owners says which package alone imports a library, tests aside.
var owners = map[string][]string{
	"github.com/aws/":           {"bot/awsapi"},
	"github.com/slack-go/slack": {"bot/slackapi"},
	// Stands in for encoding/json/v2 where much is decoded, until Go 1.27 has that.
	"github.com/go-json-experiment/": {"bot/alerts", "investigations/runner", "investigations/runner/agent", "investigations/probe"},
	"go.etcd.io/bbolt":               {"store"},
	"github.com/robfig/cron":         {"bot/schedules"},
	"cel.dev/cel-go":                 {"investigations/expr"},
	"github.com/nats-io/nats.go":     {"investigations/runner/agent", "investigations/runner/hub"},
	"github.com/nats-io/nats-ser":    {"investigations/runner/hub"},
}

// pure packages open nothing.
var pure = []string{"investigations", "investigations/expr", "bot/alerts"}

func TestArrows(t *testing.T) {
	found := imports(t)
	for pkg := range arrows {
		if _, ok := found[pkg]; !ok {
			t.Errorf("%s is in the table and no longer in the tree", pkg)
		}
	}
	for pkg, list := range found {
		allowed, ok := arrows[pkg]
		if !ok {
			t.Errorf("%s is not in the table: say what it may import", pkg)
			continue
		}
		for _, imp := range list {
			checkImport(t, pkg, imp, allowed)
		}
	}
}

func checkImport(t *testing.T, pkg, imp string, allowed []string) {
	t.Helper()
	if ours, ok := strings.CutPrefix(imp, module); ok {
		if !slices.Contains(allowed, ours) && !slices.Contains(allowed, "*") {
			t.Errorf("%s imports %s, which the arrows do not allow", pkg, ours)
		}
	}
	for lib, owner := range owners {
		if strings.HasPrefix(imp, lib) && !slices.Contains(owner, pkg) {
			t.Errorf("%s imports %s, which belongs to %v", pkg, imp, owner)
		}
	}
	if slices.Contains(pure, pkg) && slices.Contains([]string{"net/http", "os", "os/exec", "syscall"}, imp) {
		if !(pkg == "bot/alerts" && imp == "net/http") { // http.Header is what authentication is read from
			t.Errorf("%s imports %s, but it is pure", pkg, imp)
		}
	}
}

// imports reads the imports of every package of the module, tests aside.
func imports(t *testing.T) map[string][]string {
	t.Helper()
	found := map[string][]string{}
	root := os.DirFS("../..")
	err := fs.WalkDir(root, ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() && (d.Name() == "node_modules" || d.Name() == ".git" || d.Name() == "testdata") {
			if err == nil {
				err = fs.SkipDir
			}
			return err
		}
		if !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return nil
		}
		src, err := fs.ReadFile(root, path)
		if err != nil {
			return err
		}
		f, err := parser.ParseFile(token.NewFileSet(), path, src, parser.ImportsOnly)
		if err != nil {
			return err
		}
		pkg := filepath.ToSlash(filepath.Dir(path))
		found[pkg] = append(found[pkg], "")
		for _, i := range f.Imports {
			name, err := strconv.Unquote(i.Path.Value)
			if err != nil {
				return err
			}
			found[pkg] = append(found[pkg], name)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// TestTopLevel holds what stands at the top of the project.
func TestTopLevel(t *testing.T) {
	allowed := []string{"bot", "cmd", "investigations", "store", "go.mod", "go.sum", "manifest.yml", "README.md", "LICENSE", ".ci", ".git", ".gitignore"}
	entries, err := os.ReadDir("../..")
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if !slices.Contains(allowed, e.Name()) {
			t.Errorf("%s stands at the top level", e.Name())
		}
	}
}

// TestPackageComments holds every package to exactly one package comment.
func TestPackageComments(t *testing.T) {
	for pkg := range arrows {
		files, err := filepath.Glob(filepath.Join("../..", pkg, "*.go"))
		if err != nil {
			t.Fatal(err)
		}
		var with []string
		for _, file := range files {
			f, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.PackageClauseOnly|parser.ParseComments)
			if err != nil {
				t.Fatal(err)
			}
			if f.Doc != nil && !strings.HasSuffix(file, "_test.go") {
				with = append(with, filepath.Base(file))
			}
		}
		if len(with) != 1 {
			t.Errorf("%s has package comments in %v, want exactly one", pkg, with)
		}
	}
}
