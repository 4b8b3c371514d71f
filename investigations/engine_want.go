package investigations

import (
	"maps"
	"slices"
)

// want is what a scope would still gain from: the ids of the checks that an
// open cause or a proved one's remedies lack, directly or through another check.
type want struct {
	decided string          // why checks that nobody wants are left out; "" while nothing is decided
	any     map[string]bool // checks that some open cause, or a remedy, lacks
	slow    map[string]bool // those of them that are slow, and only slow ones stand between the cause and its answer
}

// want judges what the scope's open causes lack. Once a cause is proved or the
// target is healthy, only a cause that could still be proved counts: ruling
// out one more adds nothing. No slow check is worth its time on a healthy
// target.
func (r *run) want(s *scope) want {
	if s.wanted != nil {
		return *s.wanted
	}
	w := want{any: map[string]bool{}, slow: map[string]bool{}}
	j := r.judge(s)
	causes := r.causes(s)
	healthy, _ := j.Healthy()
	proved := standing(causes)
	switch {
	case len(proved) > 0:
		w.decided = "a cause is proved"
	case healthy == True:
		w.decided = "the target is healthy"
	}
	for _, c := range causes {
		if c.Truth == Open && !explained(c.ID, causes) && (w.decided == "" || provable(c)) {
			r.wantFor(s, c, &w)
		}
	}
	for _, id := range proved {
		r.wantForRemedies(s, j.Lacking(id), &w)
	}
	if healthy == True {
		clear(w.slow)
	}
	s.wanted = &w
	return w
}

// wantFor adds what one open cause lacks.
func (r *run) wantFor(s *scope, c Judged, w *want) {
	lacked, next := map[string]bool{}, map[string]bool{}
	for _, m := range c.Missing {
		if !m.Final {
			r.frontier(s, m.Check, lacked, next)
		}
	}
	maps.Copy(w.any, lacked)
	for id := range next {
		if !r.check(id).Slow {
			return
		}
	}
	maps.Copy(w.slow, next)
}

// wantForRemedies adds what remedies lack; no slow check is worth its time there.
func (r *run) wantForRemedies(s *scope, missing []Missing, w *want) {
	for _, m := range missing {
		if c := r.check(m.Check); c != nil && !c.Slow && !m.Final {
			r.frontier(s, m.Check, w.any, map[string]bool{})
		}
	}
}

// frontier walks from a check that is lacked to those that can start next:
// itself, or what it waits for. lacked collects all on the way.
func (r *run) frontier(s *scope, id string, lacked, next map[string]bool) {
	c := r.check(id)
	if c == nil || lacked[id] || r.ended(s, c) {
		return
	}
	lacked[id] = true
	waits := false
	if !r.carrying(s, c) {
		for _, before := range c.before() {
			if b := r.check(before); b != nil && !r.ended(s, b) {
				waits = true
				r.frontier(s, before, lacked, next)
			}
		}
	}
	if !waits {
		next[id] = true
	}
}

// before gives the ids of the checks that a check waits for.
func (c *PlanCheck) before() []string {
	ids := slices.Concat(c.Needs, c.After)
	if c.Paired != "" {
		ids = append(ids, c.Paired)
	}
	return ids
}

// wantOf is want for one check: for a check of the target, what every endpoint
// of the same view wants.
func (r *run) wantOf(s *scope, c *PlanCheck) want {
	if !c.PerTarget {
		return r.want(s)
	}
	all := want{any: map[string]bool{}, slow: map[string]bool{}, decided: r.want(s).decided}
	for _, other := range r.scopes {
		if other.from == s.from {
			w := r.want(other)
			maps.Copy(all.any, w.any)
			maps.Copy(all.slow, w.slow)
			if w.decided == "" {
				all.decided = ""
			}
		}
	}
	return all
}

// provable reports whether all that an open cause lacks may still come.
func provable(c Judged) bool {
	return !slices.ContainsFunc(c.Missing, func(m Missing) bool { return m.Final })
}

// explained reports whether a proved cause explains the one of this id, so that
// only the former is shown.
func explained(id string, causes []Judged) bool {
	return slices.ContainsFunc(causes, func(c Judged) bool {
		return c.Truth == True && c.ID != id && slices.Contains(c.Explains, id)
	})
}

// standing are the proved causes that no other proved one explains. Where they
// explain each other, all of them stand.
func standing(causes []Judged) []string {
	var proved, roots []string
	for _, c := range causes {
		if c.Truth != True {
			continue
		}
		proved = append(proved, c.ID)
		if !explained(c.ID, causes) {
			roots = append(roots, c.ID)
		}
	}
	if len(roots) == 0 {
		return proved
	}
	return roots
}
