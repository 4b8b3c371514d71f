package expr

import (
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"cel.dev/cel-go/common/types"
)

// NotKnown stands in a text for a fact that was not established.
const NotKnown = "not known"

// Template is a text with expressions in {{ }}.
type Template struct {
	Source string
	parts  []part
	shell  bool
}

// part is a stretch of text, or an expression.
type part struct {
	text string
	expr *Expr
}

// Template compiles a text with expressions in {{ }}. The error is Errors.
func (e *Env) Template(src string) (*Template, error) { return e.template(src, false) }

// Shell compiles a command line for a POSIX shell: values are quoted when it is
// rendered, lists of words and lists of commands are spelt out. An expression
// inside the author's own quotes is refused, because the program's quotes would
// end them.
func (e *Env) Shell(src string) (*Template, error) { return e.template(src, true) }

func (e *Env) template(src string, shell bool) (*Template, error) {
	t := &Template{Source: src, shell: shell}
	var errs Errors
	rest, at := src, 0
	for {
		i := strings.Index(rest, "{{")
		if i < 0 {
			break
		}
		end := closing(rest[i+2:])
		if end < 0 {
			return nil, append(errs, place(src, at+i, Error{Line: 1, Message: "{{ without }}"}))
		}
		t.add(part{text: rest[:i]})
		if msg := t.unsafe(); msg != "" {
			errs = append(errs, place(src, at+i, Error{Line: 1, Message: msg}))
		}
		x, err := e.Compile(rest[i+2:i+2+end], Any)
		if err != nil {
			for _, one := range err.(Errors) {
				errs = append(errs, place(src, at+i+2, one))
			}
		}
		t.parts = append(t.parts, part{expr: x})
		at, rest = at+i+2+end+2, rest[i+2+end+2:]
	}
	t.add(part{text: rest})
	if len(errs) > 0 {
		return nil, errs
	}
	return t, nil
}

func (t *Template) add(p part) {
	if p.text != "" {
		t.parts = append(t.parts, p)
	}
}

// closing finds the }} that ends an expression, outside of string literals.
func closing(s string) int {
	var quote byte
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case quote != 0 && c == '\\':
			i++
		case quote != 0 && c == quote:
			quote = 0
		case quote != 0:
		case c == '"' || c == '\'':
			quote = c
		case c == '}' && strings.HasPrefix(s[i:], "}}"):
			return i
		}
	}
	return -1
}

// place moves a mistake from the expression that starts at offset to the text
// around it.
func place(src string, offset int, e Error) Error {
	before := src[:offset]
	lines := strings.Count(before, "\n")
	if e.Line <= 1 {
		e.Column += len([]rune(before[strings.LastIndex(before, "\n")+1:]))
	}
	e.Line = max(1, e.Line) + lines
	return e
}

// Names gives the variables and conditions that the template mentions, sorted.
func (t *Template) Names() []string {
	var names []string
	for _, p := range t.parts {
		if p.expr != nil {
			names = append(names, p.expr.Names()...)
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// Eval gives the template's value. One expression and nothing around it keeps
// its type; anything else is text. It is unknown if any of it is.
func (t *Template) Eval(s *Values) Result {
	if len(t.parts) == 1 && t.parts[0].expr != nil && !t.shell {
		return t.parts[0].expr.Eval(s)
	}
	text, missing := t.render(s)
	return Result{Value: text, Known: len(missing) == 0, Missing: missing}
}

// Text gives the template as a text for people, with NotKnown for what is
// lacking.
func (t *Template) Text(s *Values) string {
	text, _ := t.render(s)
	return text
}

func (t *Template) render(s *Values) (string, []Missing) {
	var b strings.Builder
	var missing []Missing
	for _, p := range t.parts {
		if p.expr == nil {
			b.WriteString(p.text)
			continue
		}
		r := p.expr.Eval(s)
		switch {
		case !r.Known:
			missing = append(missing, r.Missing...)
			b.WriteString(NotKnown)
		case t.shell:
			if option(b.String(), r.Value) {
				missing = append(missing, Missing{Why: fmt.Sprintf("%.60q begins like an option, and is no word for a command line", r.Value)})
			}
			b.WriteString(shellText(r.Value))
		default:
			b.WriteString(Text(r.Value))
		}
	}
	return b.String(), missing
}

// Text spells a value for people.
func Text(v any) string {
	switch x := v.(type) {
	case string:
		return x
	case int64:
		return strconv.FormatInt(x, 10)
	case float64:
		return strconv.FormatFloat(round(x), 'f', -1, 64)
	case time.Time:
		return x.UTC().Format("2006-01-02 15:04:05 UTC")
	case []any:
		words := make([]string, len(x))
		for i, w := range x {
			words[i] = Text(w)
		}
		return strings.Join(words, ", ")
	}
	return fmt.Sprint(v)
}

// round keeps three digits after the point: microseconds of a millisecond.
func round(f float64) float64 {
	r, err := strconv.ParseFloat(strconv.FormatFloat(f, 'f', 3, 64), 64)
	if err != nil {
		return f
	}
	return r
}

// Single reports whether the template is one expression and nothing else, so
// that its value keeps its type.
func (t *Template) Single() bool { return len(t.parts) == 1 && t.parts[0].expr != nil }

// Fits says why the template's value cannot go where a Go type is wanted, or "".
// A lazy Env does not look.
func (e *Env) Fits(t *Template, want reflect.Type) string {
	if e.Lazy {
		return ""
	}
	w, err := e.types.typeOf(want)
	if err != nil {
		return err.Error()
	}
	got := types.StringType
	if t.Single() {
		got = t.parts[0].expr.typ
	}
	if !w.IsAssignableType(got) {
		return fmt.Sprintf("this gives %s where %s is wanted", got, w)
	}
	return ""
}
