package investigations

import (
	"fmt"
	"slices"
	"strconv"
)

// verdict is the verdict over all endpoints: a cause if one of them has one,
// healthy only if all are, else inconclusive.
func (r *run) verdict() *Verdict {
	var each []*Verdict
	for _, ep := range r.inv.Endpoints {
		if ep.Verdict != nil {
			each = append(each, ep.Verdict)
		}
	}
	if len(each) == 1 {
		one := *each[0]
		return &one
	}
	v := merge(each)
	v.Headline = r.headline(v, each) + r.seenFrom(v.Kind)
	return v
}

// merge joins the verdicts of endpoints, without their headlines.
func merge(each []*Verdict) *Verdict {
	v := &Verdict{Kind: VerdictInconclusive}
	switch {
	case count(each, VerdictCause) > 0:
		v.Kind = VerdictCause
	case len(each) > 0 && count(each, VerdictHealthy) == len(each):
		v.Kind = VerdictHealthy
	}
	for _, one := range each {
		for _, c := range one.Causes {
			if !slices.ContainsFunc(v.Causes, func(o Cause) bool { return o.ID == c.ID && o.On == c.On && o.Headline == c.Headline }) {
				v.Causes = append(v.Causes, c)
			}
		}
		for _, c := range one.Candidates {
			if v.Kind == VerdictInconclusive && !slices.ContainsFunc(v.Candidates, func(o Candidate) bool { return o.ID == c.ID }) {
				v.Candidates = append(v.Candidates, c)
			}
		}
		for _, n := range one.NotChecked {
			v.NotChecked = appendNotChecked(v.NotChecked, n)
		}
	}
	v.RuledOut = ruledOutByAll(each)
	return v
}

// ruledOutByAll are the causes that no endpoint can have.
func ruledOutByAll(each []*Verdict) []string {
	if len(each) == 0 {
		return nil
	}
	return slices.DeleteFunc(slices.Clone(each[0].RuledOut), func(id string) bool {
		return slices.ContainsFunc(each, func(v *Verdict) bool { return !slices.Contains(v.RuledOut, id) })
	})
}

func count(each []*Verdict, kind VerdictKind) int {
	n := 0
	for _, v := range each {
		if v.Kind == kind {
			n++
		}
	}
	return n
}

// headline says in plain words what several endpoints came to.
func (r *run) headline(v *Verdict, each []*Verdict) string {
	what := r.unit()
	switch v.Kind {
	case VerdictCause:
		return fmt.Sprintf("%s: %s", share(count(each, VerdictCause), len(each), what), causeHeadline(v.Causes))
	case VerdictHealthy:
		return fmt.Sprintf("all %s %s of %s accept connections", number(len(each)), what, r.target.Text) + r.from()
	}
	healthy := count(each, VerdictHealthy)
	if healthy == 0 {
		return fmt.Sprintf("none of the %s %s of %s is known to be healthy; %s", number(len(each)), what, r.target.Text, open(len(v.Candidates)))
	}
	return fmt.Sprintf("%s of %s not known to be healthy; %s", share(len(each)-healthy, len(each), what), r.target.Text, open(len(v.Candidates)))
}

// unit is what endpoints are counted in.
func (r *run) unit() string {
	if len(r.lbs) > 1 {
		return "paths" // a server as one of the load balancers sees it
	}
	return "servers"
}

// from names the one runner that connected.
func (r *run) from() string {
	if len(r.lbs) == 1 {
		return " from " + r.lbs[0].Runner.Name
	}
	return ""
}

func share(some, all int, what string) string {
	if some == all {
		return fmt.Sprintf("all %s %s", number(all), what)
	}
	return fmt.Sprintf("%d of %d %s", some, all, what)
}

// number writes small numbers in words.
func number(n int) string {
	words := []string{"no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"}
	if n >= 0 && n < len(words) {
		return words[n]
	}
	return strconv.Itoa(n)
}
