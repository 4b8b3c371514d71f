package firewall

import "github.com/plexorbot/plexor/investigations/probe"

func (rs *ruleset) counters() []probe.RuleCount {
	var out []probe.RuleCount
	for _, t := range rs.tables {
		for _, c := range t.chains {
			for _, r := range c.rules {
				if r.packets != nil {
					out = append(out, r.count())
				}
			}
		}
	}
	return out
}

func (r *rule) count() probe.RuleCount {
	t := r.chain.table
	n := probe.RuleCount{Family: &t.family, Table: &t.name, Chain: &r.chain.name, Text: ptr(r.text()), Packets: ptr(*r.packets)}
	if r.handle != 0 {
		n.Handle = ptr(r.handle)
	}
	return n
}

// CountersRisen are the rules whose counters rose between two snapshots of
// RuleCounters, with the rise. A rule that is new counts from zero; one whose
// counter was reset is left out.
func CountersRisen(before, after []probe.RuleCount) []probe.RuleCount {
	old := map[string]int64{}
	for _, r := range before {
		old[countKey(r)] += *r.Packets
	}
	rise := map[string]int64{}
	for _, r := range after {
		rise[countKey(r)] += *r.Packets
	}
	var out []probe.RuleCount
	for _, r := range after {
		key := countKey(r)
		if n := rise[key] - old[key]; n > 0 {
			r.Packets = &n
			out = append(out, r)
		}
		delete(rise, key) // legacy rules of one text count as one
	}
	return out
}

// countKey tells rules apart: legacy rules have no handle, only their text.
func countKey(r probe.RuleCount) string {
	key := *r.Family + "\x00" + *r.Table + "\x00" + *r.Chain + "\x00"
	if r.Handle != nil {
		return key + itoa(*r.Handle)
	}
	return key + *r.Text
}
