package investigations

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net"
	"reflect"
	"strconv"

	"github.com/plexorbot/plexor/investigations/expr"
)

// Endpoints gives the host:port list of the target, or what it lacks. A plan
// that does not say has the target itself.
func (j *Judgement) Endpoints() ([]string, []Missing) {
	if j.plan.endpoints == nil {
		return []string{net.JoinHostPort(j.known.Target.Host, strconv.Itoa(j.known.Target.Port))}, nil
	}
	r := j.plan.endpoints.Eval(j.values)
	if !r.Known {
		return nil, j.missing(r.Missing)
	}
	var out []string
	for _, v := range r.Value.([]any) {
		out = append(out, expr.Text(v))
	}
	return out, nil
}

// Ready gives a check's arguments, and whether its condition lets it run. args
// is nil while something is missing. An error is a mistake in the plan's values.
func (j *Judgement) Ready(check string) (args json.RawMessage, run Truth, missing []Missing, err error) {
	c, ok := j.plan.Check(check)
	if !ok {
		return nil, False, nil, fmt.Errorf("the plan has no check %s", check)
	}
	run, missing = j.judge(c.cond)
	if run != True {
		return nil, run, missing, nil
	}
	values := map[string]any{}
	for _, a := range c.args {
		v, lacks := j.arg(a.value)
		switch {
		case len(lacks) == 0:
			values[a.name] = v
		case !j.optional(a, lacks):
			missing = append(missing, lacks...)
		}
	}
	if len(missing) > 0 {
		return nil, run, missing, nil
	}
	args, err = argsOf(j.plan.catalog[c.Probe].Args, values)
	if err != nil {
		return nil, run, nil, fmt.Errorf("the arguments of check %s: %w", check, err)
	}
	return args, run, nil, nil
}

// optional reports that an argument may be left out: all that it lacks will not
// come, and its name ends in ?, or only inputs that were not given are lacking.
func (j *Judgement) optional(a planArg, lacks []Missing) bool {
	if !final(lacks) {
		return false
	}
	for _, m := range lacks {
		if !a.optional && !j.plan.hasInput(m.Fact) {
			return false
		}
	}
	return true
}

func (p *Plan) hasInput(name string) bool {
	for _, in := range p.Inputs {
		if in.Name == name {
			return true
		}
	}
	return false
}

func (j *Judgement) arg(v argValue) (any, []Missing) {
	switch {
	case v.tmpl != nil:
		r := v.tmpl.Eval(j.values)
		return r.Value, j.missing(r.Missing)
	case v.list != nil:
		out := []any{}
		var missing []Missing
		for _, e := range v.list {
			x, lacks := j.arg(e)
			out, missing = append(out, x), append(missing, lacks...)
		}
		return out, missing
	}
	return v.literal, nil
}

// argsOf puts values into the probe's own arguments, strictly.
func argsOf(t reflect.Type, values map[string]any) (json.RawMessage, error) {
	loose, err := json.Marshal(values)
	if err != nil {
		return nil, err
	}
	ptr := reflect.New(t)
	dec := json.NewDecoder(bytes.NewReader(loose))
	dec.DisallowUnknownFields()
	if err := dec.Decode(ptr.Interface()); err != nil {
		return nil, err
	}
	return json.Marshal(ptr.Interface())
}
