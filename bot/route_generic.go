package bot

import (
	"errors"
	"fmt"
	"reflect"

	"github.com/plexorbot/plexor/bot/alerts"
	"github.com/plexorbot/plexor/investigations/expr"
)

// Mapping reads alerts out of the JSON of a sender of its own kind. Each field
// is an expression in CEL over payload, the whole, and item, one alert in it.
type Mapping struct {
	Each   string            // the list of alerts; empty: the payload is one
	Fields map[string]string // status, target, targets, key, title, summary, severity, link, starts_at
	Labels map[string]string
}

// mappingFields are the names that Mapping.Fields takes.
var mappingFields = []string{"status", "target", "targets", "key", "title", "summary", "severity", "link", "starts_at"}

type compiledMapping struct {
	env    *expr.Env
	each   *expr.Expr
	fields map[string]*expr.Expr
	labels map[string]*expr.Expr
}

// NewExtract compiles a mapping.
func NewExtract(m Mapping) (alerts.Extract, error) {
	env, err := expr.NewEnv(map[string]reflect.Type{"payload": reflect.TypeFor[any](), "item": reflect.TypeFor[any]()}, nil)
	if err != nil {
		return nil, err
	}
	c := compiledMapping{env: env, fields: map[string]*expr.Expr{}, labels: map[string]*expr.Expr{}}
	var all []error
	compile := func(name, src string) *expr.Expr {
		x, err := env.Compile(src, expr.Any)
		if err != nil {
			all = append(all, fmt.Errorf("alerts.generic.%s: %w", name, err))
		}
		return x
	}
	if m.Each != "" {
		c.each = compile("each", m.Each)
	}
	for _, name := range sortedNames(m.Fields) {
		c.fields[name] = compile("fields."+name, m.Fields[name])
	}
	for _, name := range sortedNames(m.Labels) {
		c.labels[name] = compile("labels."+name, m.Labels[name])
	}
	if m.Fields["status"] == "" {
		all = append(all, errors.New("alerts.generic.fields.status: it is needed: an expression that gives firing or resolved"))
	}
	return c.extract, errors.Join(all...)
}

func (c compiledMapping) extract(payload any) ([]alerts.Extracted, error) {
	items := []any{payload}
	if c.each != nil {
		r := c.each.Eval(c.env.NewValues(map[string]any{"payload": payload}))
		list, ok := r.Value.([]any)
		if !ok {
			return nil, &alerts.PayloadError{Field: "body", Reason: "has no list where alerts.generic.each looks for one" + lacking(r), Status: 400}
		}
		items = list
	}
	if len(items) > alerts.MaxAlerts {
		items = items[:alerts.MaxAlerts+1] // refused by who asked
	}
	var found []alerts.Extracted
	for i, item := range items {
		e, err := c.one(c.env.NewValues(map[string]any{"payload": payload, "item": item}))
		if err != nil {
			return nil, &alerts.PayloadError{Field: fmt.Sprintf("alerts[%d].%s", i, err.Field), Reason: err.Reason, Status: err.Status}
		}
		found = append(found, e)
	}
	return found, nil
}

func (c compiledMapping) one(values *expr.Values) (e alerts.Extracted, bad *alerts.PayloadError) {
	text := func(name string) string {
		x := c.fields[name]
		if x == nil {
			return ""
		}
		r := x.Eval(values)
		if !r.Known {
			if name == "status" {
				bad = &alerts.PayloadError{Field: name, Reason: "is not given by the mapping" + lacking(r), Status: 400}
			}
			return ""
		}
		return expr.Text(r.Value)
	}
	e = alerts.Extracted{
		Status: text("status"), Target: text("target"), Key: text("key"), Title: text("title"), Summary: text("summary"),
		Severity: text("severity"), Link: text("link"), StartsAt: text("starts_at"), Labels: map[string]string{},
	}
	if x := c.fields["targets"]; x != nil {
		e.Targets = textsIn(x.Eval(values))
	}
	for name, x := range c.labels {
		if r := x.Eval(values); r.Known {
			e.Labels[name] = expr.Text(r.Value)
		}
	}
	return e, bad
}

// lacking says what an expression lacked.
func lacking(r expr.Result) string {
	for _, m := range r.Missing {
		if m.Why != "" {
			return ": " + m.Why
		}
	}
	return ""
}
