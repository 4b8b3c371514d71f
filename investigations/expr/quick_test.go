package expr

import (
	"os"
	"path/filepath"
	"reflect"
	"testing"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common"
	"cel.dev/cel-go/common/debug"
	"cel.dev/cel-go/parser"
	"go.yaml.in/yaml/v3"
)

// TestQuickReadsAlike: whatever stands in a built-in plan and is an expression
// is the same tree to both parsers.
func TestQuickReadsAlike(t *testing.T) {
	env, err := NewEnv(map[string]reflect.Type{}, nil)
	if err != nil {
		t.Fatal(err)
	}
	slow, err := parser.NewParser(parserOptions(env.cel.Macros())...)
	if err != nil {
		t.Fatal(err)
	}
	alike := 0
	for _, src := range sources(t) {
		text := common.NewTextSource(src)
		want, errs := slow.Parse(text)
		if len(errs.GetErrors()) > 0 {
			continue // a text for people
		}
		got, errs := env.quick().parser.Parse(text)
		switch {
		case len(errs.GetErrors()) > 0:
			t.Errorf("%s: %s", src, errs.ToDisplayString())
		case debug.ToDebugString(got.Expr()) != debug.ToDebugString(want.Expr()):
			t.Errorf("%s is\n%s\nwant\n%s", src, debug.ToDebugString(got.Expr()), debug.ToDebugString(want.Expr()))
		default:
			alike++
		}
	}
	if alike < 300 {
		t.Errorf("%d expressions were compared, want those of the built-in plans", alike)
	}
}

// TestQuickChecksAlike: the types that the checker gives are those that a
// cel.Env gives, and so are its refusals.
func TestQuickChecksAlike(t *testing.T) {
	env, err := NewEnv(map[string]reflect.Type{"n": reflect.TypeFor[int64](), "word": reflect.TypeFor[string](), "all": reflect.TypeFor[[]string]()}, []string{"named"})
	if err != nil {
		t.Fatal(err)
	}
	for _, src := range []string{
		"n > 3 && named", "all.exists(a, a.startsWith(word))", "all.map(a, a.size())", "n > 1.5", "n == 1u", "sure(named, 'x')",
		"word.split(',').slice(0, 1)", "timestamp('2026-01-01T00:00:00Z')", "{'a': n}['a']", "word + n", "nobody == 1", "n ? 1 : 2", "[1, 'a']",
		"named ? n : -n", "!named || n in [1, 2]", "all[0].matches('^a+$')", "duration('3s') < duration('1m')",
	} {
		slow, iss := env.cel.Compile(src)
		tree := env.quick().check(src)
		switch {
		case (tree == nil) != (iss.Err() != nil):
			t.Errorf("%s: the quick way says %v, the other %v", src, tree != nil, iss.Err())
		case tree == nil:
		case cel.FormatCELType(tree.GetType(tree.Expr().ID())) != cel.FormatCELType(slow.OutputType()):
			t.Errorf("%s is %v, want %v", src, tree.GetType(tree.Expr().ID()), slow.OutputType())
		case !reflect.DeepEqual(env.namesIn(tree), env.namesIn(slow.NativeRep())):
			t.Errorf("%s mentions %v, want %v", src, env.namesIn(tree), env.namesIn(slow.NativeRep()))
		}
	}
}

// sources are all texts of the built-in plans, and what stands in them in {{ }}.
func sources(t *testing.T) (list []string) {
	t.Helper()
	files, err := filepath.Glob("../plans/*.yml")
	if err != nil || len(files) == 0 {
		t.Fatalf("built-in plans: %v, %v", files, err)
	}
	lazy := &Env{Lazy: true, compiled: map[source]*Expr{}}
	var walk func(*yaml.Node)
	walk = func(n *yaml.Node) {
		for _, c := range n.Content {
			walk(c)
		}
		if n.Kind != yaml.ScalarNode {
			return
		}
		list = append(list, n.Value)
		if tpl, err := lazy.template(n.Value, false); err == nil {
			for _, p := range tpl.parts {
				if p.expr != nil {
					list = append(list, p.expr.Source)
				}
			}
		}
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var root yaml.Node
		if err := yaml.Unmarshal(text, &root); err != nil {
			t.Fatal(err)
		}
		walk(&root)
	}
	return list
}
