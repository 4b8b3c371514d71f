package firewall

import "github.com/plexorbot/plexor/investigations/probe"

// facts puts a decision into facts.
func facts(d decision, p packet) probe.FirewallFacts {
	f := probe.FirewallFacts{Decided: &d.decided, Why: d.why, Empty: &d.empty}
	if !d.decided {
		return f
	}
	f.Action = ptr(map[verdictKind]string{vAccept: "accept", vDrop: "drop", vReject: "reject"}[d.verdict.kind])
	if d.verdict.kind == vReject {
		f.RejectWith = &d.verdict.with
	}
	if d.by.chain == nil {
		return f
	}
	c := d.by.chain
	f.ByPolicy = ptr(d.by.rule == nil)
	f.Engine, f.Family, f.Table, f.Chain = &c.table.engine, &c.table.family, &c.table.name, &c.name
	f.BaseChain, f.Hook = &d.by.base.name, &d.by.base.hook
	f.Manager = ptr(manager(d.by))
	if r := d.by.rule; r != nil {
		addRule(&f, r)
	}
	return f
}

func addRule(f *probe.FirewallFacts, r *rule) {
	f.Position, f.Packets = &r.position, r.packets
	if r.handle != 0 {
		f.Handle = &r.handle
	}
	if r.comment != "" {
		f.Comment = &r.comment
	}
}

func ptr[T any](v T) *T { return &v }
