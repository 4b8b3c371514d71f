package investigations

import (
	"slices"

	"github.com/plexorbot/plexor/investigations/expr"
	"go.yaml.in/yaml/v3"
)

var remedyKinds = []string{"fix", "edit", "inspect", "elsewhere"}

// causes decodes and compiles the causes.
func (d *decoder) causes(p *Plan, n *yaml.Node) {
	ids := map[string]string{}
	explains := map[string]*yaml.Node{}
	for _, item := range d.items(n, "causes", maxCauses) {
		f := d.fields(item, "a cause", "id", "title", "when", "on", "say", "explains", "remedies", "unknown")
		c := PlanCause{ID: d.id(f["id"], item, "cause", dashed), Title: d.text(f["title"], "title"), Explains: d.words(f["explains"], "explains")}
		d.taken(item, c.ID, ids, "a cause")
		explains[c.ID] = f["explains"]
		if f["when"] == nil {
			d.fail(item, "", "cause %s has no when", c.ID)
		} else if c.when = d.condition(f["when"], "when"); c.when != nil {
			c.Needs = p.checksIn(c.when.Names())
		}
		if c.say = d.template(f["say"], "say"); f["say"] == nil {
			d.fail(item, "", "cause %s says nothing", c.ID)
		}
		c.on, c.onHost = d.host(f["on"])
		for _, r := range d.items(f["remedies"], "remedies", 32) {
			c.remedies = append(c.remedies, d.remedy(r))
		}
		u := d.fields(f["unknown"], "unknown", "commands")
		for _, cmd := range d.items(u["commands"], "commands", 32) {
			if t := d.shell(cmd, "commands"); t != nil {
				c.commands = append(c.commands, t)
			}
		}
		p.Causes = append(p.Causes, c)
	}
	for _, c := range p.Causes {
		for _, e := range c.Explains {
			if _, ok := ids[e]; !ok {
				d.fail(explains[c.ID], nearestHint(e, ids), "%s: no such cause", shorten(e))
			}
		}
	}
}

func nearestHint(name string, among map[string]string) string {
	names := make([]string, 0, len(among))
	for n := range among {
		names = append(names, n)
	}
	slices.Sort(names)
	if near := expr.Nearest(name, names); near != "" {
		return "did you mean " + near + "?"
	}
	return ""
}

// host decodes whose host is meant: a vantage, or a text that names it.
func (d *decoder) host(n *yaml.Node) (vantage string, words *expr.Template) {
	s := d.text(n, "on")
	if n == nil || slices.Contains(vantageNames, s) {
		return s, nil
	}
	return "", d.template(n, "on")
}

func (d *decoder) remedy(n *yaml.Node) planRemedy {
	f := d.fields(n, "a remedy", "kind", "on", "if", "run", "explain", "risk", "verify")
	r := planRemedy{kind: d.oneOf(f["kind"], "kind", remedyKinds...), explain: d.template(f["explain"], "explain")}
	r.on, r.onHost = d.host(f["on"])
	if f["risk"] != nil {
		r.risk = d.oneOf(f["risk"], "risk", "low", "medium", "high")
	}
	if f["if"] != nil {
		r.cond = d.condition(f["if"], "if")
	}
	r.run, r.verify = d.shell(f["run"], "run"), d.shell(f["verify"], "verify")
	if f["explain"] == nil {
		d.fail(n, "", "the remedy does not explain itself")
	}
	if r.kind == "fix" && f["run"] == nil {
		d.fail(n, "", "a fix has a command to run")
	}
	return r
}

// shell compiles a command line; nil for none.
func (d *decoder) shell(n *yaml.Node, what string) *expr.Template {
	if n == nil {
		return nil
	}
	t, err := d.env.Shell(d.text(n, what))
	if err != nil {
		d.failExpr(n, err)
		return nil
	}
	return t
}
