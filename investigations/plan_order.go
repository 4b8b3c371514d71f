package investigations

import (
	"slices"
	"strings"
)

// order judges what checks wait on: ids that are known, watches that watch
// something, nothing that waits on itself.
func (d *decoder) order(p *Plan, nodes *stepNodes) {
	ids := map[string]string{}
	for id := range nodes.checks {
		ids[id] = id
	}
	waits := map[string][]string{}
	for _, s := range p.Steps {
		for _, c := range s.Checks {
			waits[c.ID] = slices.Concat(c.After, c.Needs)
			d.checkOrder(p, c, ids, nodes)
		}
	}
	for _, cycle := range cycles(waits) {
		first, _, _ := strings.Cut(cycle, " ")
		d.fail(nodes.checks[first], "", "these checks wait on each other: %s", cycle)
	}
}

func (d *decoder) checkOrder(p *Plan, c PlanCheck, ids map[string]string, nodes *stepNodes) {
	f := nodes.fields[c.ID]
	for _, a := range c.After {
		if _, ok := ids[a]; !ok {
			d.fail(f["after"], nearestHint(a, ids), "%s: no such check", shorten(a))
		}
	}
	other, ok := p.Check(c.Paired)
	switch {
	case c.Paired == "" && c.Watch:
		d.fail(nodes.checks[c.ID], "paired: connect", "%s watches another check and must be paired with it", c.Probe)
	case c.Paired == "":
	case !ok:
		d.fail(f["paired"], nearestHint(c.Paired, ids), "%s: no such check", shorten(c.Paired))
	case !c.Watch:
		d.fail(f["paired"], "", "%s watches nothing: only a watch is paired", c.Probe)
	case other.Watch, slices.Contains(c.Needs, c.Paired), slices.Contains(c.After, c.Paired):
		d.fail(f["paired"], "", "%s cannot be watched by %s, which waits for it", c.Paired, c.ID)
	}
	if slices.Contains(c.Needs, c.ID) {
		d.fail(nodes.checks[c.ID], "", "check %s mentions itself", c.ID)
	}
	if !c.PerTarget {
		return
	}
	for _, need := range c.Needs {
		if n, ok := p.Check(need); ok && !n.PerTarget {
			d.fail(nodes.checks[c.ID], "", "check %s is for the target and cannot need %s, which is for each endpoint", c.ID, need)
		}
	}
}

// cycles gives each ring in a graph once, as "a -> b -> a", sorted.
func cycles(edges map[string][]string) []string {
	const (
		fresh = iota
		open
		done
	)
	state := map[string]int{}
	var path, out []string
	var visit func(string)
	visit = func(n string) {
		state[n] = open
		path = append(path, n)
		for _, next := range edges[n] {
			if _, ok := edges[next]; !ok {
				continue
			}
			if state[next] == open {
				ring := path[slices.Index(path, next):]
				out = append(out, strings.Join(append(slices.Clone(ring), next), " -> "))
			}
			if state[next] == fresh {
				visit(next)
			}
		}
		path = path[:len(path)-1]
		state[n] = done
	}
	names := make([]string, 0, len(edges))
	for n := range edges {
		names = append(names, n)
	}
	slices.Sort(names)
	for _, n := range names {
		if state[n] == fresh {
			visit(n)
		}
	}
	return out
}
