package firewall

import "github.com/plexorbot/plexor/investigations/probe"

// facts puts a decision into facts; tool names the host's iptables.
func facts(d decision, tool func(engine string, v6 bool) string) probe.FirewallFacts {
	f := probe.FirewallFacts{Decided: &d.decided, Why: d.why, Empty: &d.empty}
	if !d.decided {
		return f
	}
	f.Action = ptr(map[verdictKind]string{vAccept: "accept", vDrop: "drop", vReject: "reject"}[d.verdict.kind])
	f.Rewritten = &d.to.rewritten
	if d.to.rewritten && d.to.place.IsValid() {
		f.To = ptr(d.to.place.String())
	}
	if d.verdict.kind == vReject {
		f.RejectWith = &d.verdict.with
	}
	if d.by.chain == nil {
		return f
	}
	addPlace(&f, d)
	if d.by.rule != nil {
		addRule(&f, d.by.rule)
	}
	if f.Comment == nil && d.state.note != "" {
		f.Comment = &d.state.note
	}
	if d.verdict.kind != vAccept {
		f.Delete, f.Allow = remedy{d.by, d.state.packet, d.state.zone, tool}.commands()
	}
	return f
}

func addPlace(f *probe.FirewallFacts, d decision) {
	c := d.by.chain
	f.ByPolicy = ptr(d.by.rule == nil)
	f.Engine, f.Family, f.Table, f.Chain = &c.table.engine, &c.table.family, &c.table.name, &c.name
	f.BaseChain, f.Hook = &d.by.base.name, &d.by.base.hook
	f.Manager = ptr(d.by.manager())
	if d.state.zone != "" {
		f.Zone = &d.state.zone
	}
	if d.by.rule == nil {
		f.Packets = c.packets
	}
}

func addRule(f *probe.FirewallFacts, r *rule) {
	f.Position, f.Packets, f.Rule = &r.position, r.packets, ptr(r.text())
	if r.handle != 0 {
		f.Handle = &r.handle
	}
	if r.comment != "" {
		f.Comment = &r.comment
	}
}

func ptr[T any](v T) *T { return &v }
