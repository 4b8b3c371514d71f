package investigations

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/plexorbot/plexor/investigations/expr"
	"go.yaml.in/yaml/v3"
)

// The bounds of a plan's file.
const (
	maxPlanSize  = 256 << 10 // bytes
	maxPlanNodes = 100_000   // YAML nodes, those behind aliases counted each time
	maxPlanDepth = 32
	maxSteps     = 32
	maxChecks    = 64
	maxCauses    = 256
	maxErrors    = 100
)

// decoder walks a plan's YAML nodes, strictly, and collects every mistake.
type decoder struct {
	file    string
	lines   []string
	catalog Catalog
	lazy    bool // the plan is known to be right
	unsure  bool // some check's facts are of no known type: what mentions them can't be judged
	env     *expr.Env
	errs    PlanErrors
}

// parse gives the root mapping of the file, or nil after a mistake that leaves
// nothing to look at.
func (d *decoder) parse(src []byte) *yaml.Node {
	if len(src) > maxPlanSize {
		d.errs = append(d.errs, PlanError{File: d.file, Message: fmt.Sprintf("a plan is at most %d KiB", maxPlanSize>>10)})
		return nil
	}
	d.lines = strings.Split(string(src), "\n")
	var doc yaml.Node
	if err := yaml.Unmarshal(src, &doc); err != nil {
		d.syntax(err)
		return nil
	}
	if len(doc.Content) == 0 {
		d.errs = append(d.errs, PlanError{File: d.file, Message: "the plan is empty"})
		return nil
	}
	left := maxPlanNodes
	if !d.bounded(doc.Content[0], 0, &left) {
		return nil
	}
	return doc.Content[0]
}

var yamlLine = regexp.MustCompile(`line (\d+)`)

func (d *decoder) syntax(err error) {
	one := PlanError{File: d.file, Message: strings.TrimPrefix(err.Error(), "yaml: ")}
	if m := yamlLine.FindStringSubmatch(one.Message); m != nil {
		fmt.Sscan(m[1], &one.Line)
		one.Column = 1
		one.Message = strings.TrimPrefix(one.Message, m[0]+": ")
	}
	d.errs = append(d.errs, one)
}

// bounded refuses what is too deep or too large, aliases followed, and replaces
// each alias by what it stands for.
func (d *decoder) bounded(n *yaml.Node, depth int, left *int) bool {
	if n.Kind == yaml.AliasNode {
		line, column := n.Line, n.Column
		*n = *n.Alias
		n.Line, n.Column = line, column
	}
	*left--
	if depth > maxPlanDepth || *left < 0 {
		d.fail(n, "", "the plan is too deep or too large")
		return false
	}
	for _, c := range n.Content {
		if !d.bounded(c, depth+1, left) {
			return false
		}
	}
	return true
}

// fail notes a mistake at a node.
func (d *decoder) fail(n *yaml.Node, hint, format string, args ...any) {
	d.errs = append(d.errs, PlanError{File: d.file, Line: n.Line, Column: n.Column, Message: fmt.Sprintf(format, args...), Hint: hint})
}

// failExpr notes the mistakes of the expression or template in a scalar.
func (d *decoder) failExpr(n *yaml.Node, err error) {
	var list expr.Errors
	if !errors.As(err, &list) {
		d.fail(n, "", "%v", err)
		return
	}
	for _, e := range list {
		line, column := d.place(n, e.Line, e.Column)
		d.errs = append(d.errs, PlanError{File: d.file, Line: line, Column: column, Message: e.Message, Hint: e.Hint})
	}
}

// place turns a place within a scalar's value into one in the file. In folded
// and continued scalars it is the scalar's own first line.
func (d *decoder) place(n *yaml.Node, line, column int) (int, int) {
	switch n.Style &^ yaml.TaggedStyle {
	case yaml.LiteralStyle:
		at, value := n.Line+line, strings.Split(n.Value, "\n")
		if at <= len(d.lines) && line <= len(value) {
			return at, max(0, len(d.lines[at-1])-len(value[line-1])) + column + 1
		}
	case yaml.SingleQuotedStyle, yaml.DoubleQuotedStyle:
		return n.Line, d.quoted(n, column)
	case 0:
		return n.Line, n.Column + column
	}
	return n.Line, n.Column
}

// quoted finds the column of a quoted scalar's character, over doubled quotes
// and escapes.
func (d *decoder) quoted(n *yaml.Node, column int) int {
	raw := []rune(d.lines[n.Line-1])
	at := n.Column // 0-based, behind the quote
	for ; column > 0 && at < len(raw); column-- {
		pair := at+1 < len(raw) && (raw[at] == '\'' && raw[at+1] == '\'' && n.Style == yaml.SingleQuotedStyle ||
			raw[at] == '\\' && n.Style == yaml.DoubleQuotedStyle)
		if pair {
			at++
		}
		at++
	}
	return at + 1
}

// fields gives a mapping's values by key. Unknown and doubled keys are mistakes.
func (d *decoder) fields(n *yaml.Node, what string, known ...string) map[string]*yaml.Node {
	out := map[string]*yaml.Node{}
	for k, v := range d.pairs(n, what) {
		if !slices.Contains(known, k.Value) {
			d.unknownKey(k, what, known)
			continue
		}
		out[k.Value] = v
	}
	return out
}

func (d *decoder) unknownKey(k *yaml.Node, what string, known []string) {
	hint := "there are " + strings.Join(known, ", ")
	if near := expr.Nearest(k.Value, known); near != "" {
		hint = "did you mean " + near + "?"
	}
	d.fail(k, hint, "%s: no such key in %s", shorten(k.Value), what)
}

// pairs walks a mapping in order. A doubled key is a mistake.
func (d *decoder) pairs(n *yaml.Node, what string) func(yield func(k, v *yaml.Node) bool) {
	return func(yield func(k, v *yaml.Node) bool) {
		if n == nil || n.Kind == yaml.ScalarNode && n.Tag == "!!null" {
			return
		}
		if n.Kind != yaml.MappingNode {
			d.fail(n, "", "%s: this must be a mapping (key: value)", what)
			return
		}
		seen := map[string]bool{}
		for i := 0; i+1 < len(n.Content); i += 2 {
			k := n.Content[i]
			if k.Kind != yaml.ScalarNode || k.Tag == "!!merge" {
				d.fail(k, "", "%s: a key must be a plain word", what)
				continue
			}
			if seen[k.Value] {
				d.fail(k, "", "%s stands twice in %s", shorten(k.Value), what)
				continue
			}
			seen[k.Value] = true
			if !yield(k, n.Content[i+1]) {
				return
			}
		}
	}
}

// items gives a sequence's elements.
func (d *decoder) items(n *yaml.Node, what string, most int) []*yaml.Node {
	switch {
	case n == nil || n.Kind == yaml.ScalarNode && n.Tag == "!!null":
		return nil
	case n.Kind != yaml.SequenceNode:
		d.fail(n, "", "%s: this must be a list", what)
		return nil
	case len(n.Content) > most:
		d.fail(n, "", "%s: at most %d", what, most)
		return n.Content[:most]
	}
	return n.Content
}

// text gives a scalar's value; "" for none.
func (d *decoder) text(n *yaml.Node, what string) string {
	if n == nil {
		return ""
	}
	if n.Kind != yaml.ScalarNode {
		d.fail(n, "", "%s: this must be a text", what)
		return ""
	}
	if n.Tag == "!!null" {
		return ""
	}
	return n.Value
}

// flag gives a boolean; false for none.
func (d *decoder) flag(n *yaml.Node, what string) bool {
	if n == nil {
		return false
	}
	if n.Kind != yaml.ScalarNode || n.Tag != "!!bool" {
		d.fail(n, "", "%s: this must be true or false", what)
		return false
	}
	return n.Value == "true"
}

// words gives a list of texts.
func (d *decoder) words(n *yaml.Node, what string) []string {
	var out []string
	for _, item := range d.items(n, what, maxCauses) {
		out = append(out, d.text(item, what))
	}
	return out
}

// oneOf gives a text that must be one of a few; the first if there is none.
func (d *decoder) oneOf(n *yaml.Node, what string, among ...string) string {
	s := d.text(n, what)
	if n != nil && !slices.Contains(among, s) {
		hint := "one of " + strings.Join(among, ", ")
		if near := expr.Nearest(s, among); near != "" {
			hint = "did you mean " + near + "?"
		}
		d.fail(n, hint, "%s: no such %s", shorten(s), what)
	}
	if s == "" {
		return among[0]
	}
	return s
}

var (
	dashed = regexp.MustCompile(`^[a-z][a-z0-9]*(-[a-z0-9]+)*$`)
	ident  = regexp.MustCompile(`^[a-z][a-z0-9_]*$`)
)

// reserved are the words that CEL keeps for itself (its language definition,
// "Syntax"), and the names of macros and types.
var reserved = strings.Fields("as break const continue else false for function has if import in let loop" +
	" namespace null package return true type var void while all exists exists_one filter map size" +
	" bool bytes double duration dyn int list string timestamp uint")

// id gives a name in the form that its use asks for. One that is missing or
// malformed is a mistake at the mapping it belongs to.
func (d *decoder) id(n, parent *yaml.Node, what string, form *regexp.Regexp) string {
	s := d.text(n, what)
	switch {
	case n == nil:
		d.fail(parent, "", "%s has no id", what)
	case len(s) > 64 || !form.MatchString(s):
		d.fail(n, formHint(form), "%s is no id of a %s", shorten(s), what)
	case form == ident && slices.Contains(reserved, s):
		d.fail(n, "", "%s is a word of the expression language", s)
	}
	return s
}

func formHint(form *regexp.Regexp) string {
	if form == ident {
		return "small letters, digits and _"
	}
	return "small letters, digits and -"
}

func shorten(s string) string {
	if r := []rune(s); len(r) > 40 {
		return string(r[:40]) + "…"
	}
	return s
}
