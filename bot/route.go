package bot

import (
	"errors"
	"fmt"
	"reflect"

	"github.com/plexorbot/plexor/bot/alerts"
	"github.com/plexorbot/plexor/investigations/expr"
)

// Rule says what becomes of the alerts that it fits; the first that fits
// counts. Its expressions see labels, annotations, targets, source, severity,
// title, summary and firing.
type Rule struct {
	Name    string
	When    string            // a condition in CEL; empty fits all
	Channel string            // empty: the default
	Plan    string            // empty: the default
	Inputs  map[string]string // of the plan; {{ expressions }} in them
}

// Routing is what becomes of one alert.
type Routing struct {
	Name    string            `json:"name"`
	Channel string            `json:"channel,omitempty"`
	Plan    string            `json:"plan"`
	Inputs  map[string]string `json:"inputs,omitempty"`
}

// Router applies rules to alerts. It is safe for concurrent use.
type Router struct {
	env      *expr.Env
	rules    []compiledRule
	targets  []*expr.Expr
	fallback Routing
}

type compiledRule struct {
	Rule
	when   *expr.Expr
	inputs map[string]*expr.Template
}

// alertVars are the variables of rules, by type.
var alertVars = map[string]reflect.Type{
	"labels": reflect.TypeFor[map[string]string](), "annotations": reflect.TypeFor[map[string]string](),
	"targets": reflect.TypeFor[[]string](), "source": reflect.TypeFor[string](), "severity": reflect.TypeFor[string](),
	"title": reflect.TypeFor[string](), "summary": reflect.TypeFor[string](), "firing": reflect.TypeFor[bool](),
}

// NewRouter compiles rules, and expressions that give an alert's targets: a
// text or a list of texts, the first that is known. Channel is where alerts go
// that no rule sends elsewhere. All mistakes are told at once.
func NewRouter(rules []Rule, targets []string, channel string) (*Router, error) {
	env, err := expr.NewEnv(alertVars, nil)
	if err != nil {
		return nil, err
	}
	r := &Router{env: env, fallback: Routing{Name: "default", Channel: channel, Plan: DefaultPlan}}
	var all []error
	for i, rule := range rules {
		c, err := r.compile(rule)
		if err != nil {
			all = append(all, fmt.Errorf("alerts.routes[%d]: %w", i, err))
		}
		r.rules = append(r.rules, c)
	}
	for i, src := range targets {
		x, err := env.Compile(src, expr.Any)
		if err != nil {
			all = append(all, fmt.Errorf("alerts.target_rules[%d]: %w", i, err))
		}
		r.targets = append(r.targets, x)
	}
	return r, errors.Join(all...)
}

func (r *Router) compile(rule Rule) (c compiledRule, err error) {
	c = compiledRule{Rule: rule, inputs: map[string]*expr.Template{}}
	if rule.When != "" {
		if c.when, err = r.env.Compile(rule.When, expr.Condition); err != nil {
			return c, fmt.Errorf("when: %w", err)
		}
	}
	for name, text := range rule.Inputs {
		if c.inputs[name], err = r.env.Template(text); err != nil {
			return c, fmt.Errorf("inputs.%s: %w", name, err)
		}
	}
	return c, nil
}

// Route says what becomes of an alert. An input whose value is not known is
// left out.
func (r *Router) Route(a alerts.Alert) Routing {
	if len(r.rules) == 0 {
		return r.fallback
	}
	values := r.values(a)
	for _, c := range r.rules {
		if c.when != nil && !c.when.Eval(values).True() {
			continue
		}
		to := r.fallback
		to.Name = c.Name
		if c.Channel != "" {
			to.Channel = c.Channel
		}
		if c.Plan != "" {
			to.Plan = c.Plan
		}
		for name, t := range c.inputs {
			if v := t.Eval(values); v.Known {
				if to.Inputs == nil {
					to.Inputs = map[string]string{}
				}
				to.Inputs[name] = expr.Text(v.Value)
			}
		}
		return to
	}
	return r.fallback
}

// Targets is the rule of the user's own that the parsers ask first.
func (r *Router) Targets(a alerts.Alert) []string {
	if len(r.targets) == 0 {
		return nil
	}
	values := r.values(a)
	for _, x := range r.targets {
		if found := textsIn(x.Eval(values)); len(found) > 0 {
			return found
		}
	}
	return nil
}

func (r *Router) values(a alerts.Alert) *expr.Values {
	targets := a.Targets
	if targets == nil {
		targets = []string{}
	}
	return r.env.NewValues(map[string]any{
		"labels": orEmpty(a.Labels), "annotations": orEmpty(a.Annotations), "targets": targets, "source": a.Source,
		"severity": a.Severity, "title": a.Title, "summary": a.Summary, "firing": a.Firing,
	})
}

func orEmpty(m map[string]string) map[string]string {
	if m == nil {
		return map[string]string{}
	}
	return m
}

// textsIn are the texts that an expression gave: one, or a list of them.
func textsIn(r expr.Result) (list []string) {
	switch v := r.Value.(type) {
	case string:
		if v != "" {
			list = append(list, v)
		}
	case []any:
		for _, x := range v {
			if s, ok := x.(string); ok && s != "" {
				list = append(list, s)
			}
		}
	}
	return list
}
