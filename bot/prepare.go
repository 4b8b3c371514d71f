package bot

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/plexorbot/plexor/investigations"
)

// DefaultPlan is the plan of a request that names none.
const DefaultPlan = "connection-refused"

// Prepare makes an investigation of a request, and refuses before anything
// starts what could not run: a target that is none or is not allowed, a plan
// that there is not, an input that the plan does not take.
func Prepare(e *investigations.Engine, req Request, now time.Time) (investigations.Investigation, error) {
	target, err := investigations.ParseTarget(req.Target)
	if err != nil {
		return investigations.Investigation{}, err
	}
	if err := e.Allow.Target(target); err != nil {
		return investigations.Investigation{}, notAllowed(err)
	}
	plan, err := findPlan(e, req.Plan)
	if err != nil {
		return investigations.Investigation{}, err
	}
	if err := checkInputs(plan, req.Inputs); err != nil {
		return investigations.Investigation{}, err
	}
	now = now.UTC()
	return investigations.Investigation{
		Schema: investigations.Schema, ID: investigations.NewID(now), Target: target.Text, Plan: plan.Name,
		Inputs: maps.Clone(req.Inputs), Trigger: req.Trigger, State: investigations.Running, Started: now,
	}, nil
}

// notAllowed says what a person can do about a target that is not allowed. No
// configuration allows those that are never diagnosed.
func notAllowed(err error) *Refusal {
	reason := err.Error()
	if !strings.Contains(reason, "never") {
		reason += "; targets.allow in Plexor's configuration says which are"
	}
	return &Refusal{Reason: reason, Target: true}
}

func findPlan(e *investigations.Engine, name string) (*investigations.Plan, error) {
	if name == "" {
		name = DefaultPlan
	}
	if p := e.Plans[name]; p != nil {
		return p, nil
	}
	if withPassword.MatchString(name) {
		return nil, &UsageError{Reason: "the plan's name holds a password", Hint: "leave it out; if it was real, change it"}
	}
	names := slices.Sorted(maps.Keys(e.Plans))
	return nil, &UsageError{Reason: fmt.Sprintf("there is no plan %q", clip(name, 60)), Hint: "there are plan=" + strings.Join(names, ", plan=")}
}

// maxInput bounds one input's value, in bytes.
const maxInput = 256

// withPassword is a URL with a user and a password: it would be kept, and shown.
var withPassword = regexp.MustCompile(`//[^/\s@]*:[^/\s@]*@`)

func checkInputs(p *investigations.Plan, inputs map[string]string) error {
	var known []string
	for _, in := range p.Inputs {
		if in.Type != "target" {
			known = append(known, in.Name)
		}
	}
	for name, value := range inputs {
		if !slices.Contains(known, name) {
			return &UsageError{Reason: fmt.Sprintf("the plan %s takes no input %q", p.Name, clip(name, 60)), Hint: "it takes " + strings.Join(known, "=…, ") + "=…"}
		}
		if withPassword.MatchString(value) {
			return &UsageError{Reason: "the input " + name + " holds a password", Hint: "leave it out; if it was real, change it"}
		}
		if len(value) > maxInput || strings.ContainsFunc(value, func(r rune) bool { return r < ' ' }) {
			return &UsageError{Reason: "the input " + name + " is no value of that kind"}
		}
	}
	return nil
}
