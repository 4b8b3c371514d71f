package expr

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/ast"
	"cel.dev/cel-go/common/operators"
	"cel.dev/cel-go/common/types"
)

// Error is one mistake in an expression. Line counts from 1, Column from 0 in
// characters, both within the expression's own text.
type Error struct {
	Line, Column int
	Message      string
	Hint         string // what would be right, if that is known
}

// Errors are the mistakes of one expression or template.
type Errors []Error

// Error gives one mistake a line.
func (e Errors) Error() string {
	lines := make([]string, len(e))
	for i, one := range e {
		lines[i] = fmt.Sprintf("%d:%d: %s", one.Line, one.Column+1, one.Message)
		if one.Hint != "" {
			lines[i] += "; " + one.Hint
		}
	}
	return strings.Join(lines, "\n")
}

var (
	undeclared = regexp.MustCompile(`^undeclared reference to '([^']*)'`)
	undefined  = regexp.MustCompile(`^undefined field '([^']*)'`)
	noFields   = regexp.MustCompile(`^type '([a-z]+).*' does not support field selection`)
	expecting  = regexp.MustCompile(`^Syntax error: (?:mismatched|extraneous) input '(.*)' expecting `)
	overload   = regexp.MustCompile(`^found no matching overload for '([^']*)' applied to '([^']*)'`)
)

// errors turns CEL's issues into ours, with the nearest right name.
func (e *Env) errors(iss *cel.Issues, parsed *cel.Ast) Errors {
	var out Errors
	for _, ce := range iss.Errors() {
		one := Error{Line: ce.Location.Line(), Column: max(0, ce.Location.Column()), Message: ce.Message}
		e.reword(&one, ce.ExprID, parsed)
		out = append(out, one)
	}
	return out
}

func (e *Env) reword(one *Error, id int64, parsed *cel.Ast) {
	if m := undeclared.FindStringSubmatch(one.Message); m != nil {
		one.Message = m[1] + ": no such check, input, condition or function"
		one.Hint = didYouMean("", m[1], e.variables())
	}
	if m := undefined.FindStringSubmatch(one.Message); m != nil && parsed != nil {
		e.rewordField(one, m[1], find(parsed.NativeRep().Expr(), id))
	}
	if m := noFields.FindStringSubmatch(one.Message); m != nil {
		one.Message = "a " + m[1] + " has no facts"
		if m[1] == "list" {
			one.Hint = "a check at labels gives one element a runner: x.exists(e, e.connected)"
		}
	}
	if m := expecting.FindStringSubmatch(one.Message); m != nil {
		one.Message = "syntax: " + m[1] + " does not belong here"
		if m[1] == "<EOF>" {
			one.Message = "syntax: the expression ends too early"
		}
	}
	if m := overload.FindStringSubmatch(one.Message); m != nil {
		one.Message = fmt.Sprintf("%s does not take %s", strings.Trim(m[1], "_@"), m[2])
	}
}

func (e *Env) rewordField(one *Error, field string, sel ast.Expr) {
	one.Message = field + ": no such fact"
	if sel == nil || sel.Kind() != ast.SelectKind {
		return
	}
	operand := sel.AsSelect().Operand()
	prefix := pathOf(operand)
	one.Message = prefix + field + ": no such fact"
	if t := e.infer(operand, nil); t != nil {
		names, _ := e.types.FindStructFieldNames(t.TypeName())
		one.Hint = didYouMean(prefix, field, names)
		if one.Hint == "" && len(names) > 0 {
			one.Hint = "there are " + strings.Join(names, ", ")
		}
	}
}

func (e *Env) variables() []string {
	var names []string
	for n := range e.vars {
		names = append(names, n)
	}
	slices.Sort(names)
	return names
}

// pathOf spells a chain of selections, with its last dot.
func pathOf(x ast.Expr) string {
	switch x.Kind() {
	case ast.IdentKind:
		return x.AsIdent() + "."
	case ast.SelectKind:
		return pathOf(x.AsSelect().Operand()) + x.AsSelect().FieldName() + "."
	}
	return ""
}

// find gives the expression with an id.
func find(x ast.Expr, id int64) ast.Expr {
	var found ast.Expr
	ast.PostOrderVisit(x, ast.NewExprVisitor(func(y ast.Expr) {
		if y.ID() == id {
			found = y
		}
	}))
	return found
}

// infer gives the type of a chain of selections and indexes, nil where it is
// not plain to see. CEL's checker gives no types once it has found a mistake.
func (e *Env) infer(x ast.Expr, depth []int) *types.Type {
	if len(depth) > 32 {
		return nil
	}
	switch x.Kind() {
	case ast.IdentKind:
		return e.vars[x.AsIdent()]
	case ast.SelectKind:
		t := e.infer(x.AsSelect().Operand(), append(depth, 0))
		if t == nil {
			return nil
		}
		if f, ok := e.types.FindStructFieldType(t.TypeName(), x.AsSelect().FieldName()); ok {
			return f.Type
		}
	case ast.CallKind:
		if c := x.AsCall(); c.FunctionName() == operators.Index && len(c.Args()) == 2 {
			if t := e.infer(c.Args()[0], append(depth, 0)); t != nil && len(t.Parameters()) > 0 {
				return t.Parameters()[len(t.Parameters())-1]
			}
		}
	}
	return nil
}
