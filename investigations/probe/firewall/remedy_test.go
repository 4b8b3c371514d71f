package firewall

import (
	"strings"
	"testing"
)

func commandLines(list [][]string) string {
	var s []string
	for _, argv := range list {
		s = append(s, strings.Join(argv, " "))
	}
	return strings.Join(s, "\n")
}

func TestRemedy(t *testing.T) {
	named := func(engine, family, name string, chains ...*chain) *table {
		tb := tableOf(name, chains...)
		tb.engine, tb.family = engine, family
		for _, c := range chains {
			for _, r := range c.rules {
				n := int64(0)
				r.packets = &n
			}
		}
		return tb
	}
	tool := func(engine string, v6 bool) string {
		return pick(v6, "ip6tables", "iptables") + pick(engine == engineLegacy, "-legacy", "")
	}
	block := func(name, hook string) *chain {
		return chainOf(name, hook, 0, does(accepts, dport(22)...), does(drops))
	}
	zoned := chainOf("filter_IN_public_deny", "", 0, does(drops))
	for _, c := range []struct {
		name       string
		table      *table
		hook       string
		manager    string
		del, allow string
	}{
		{"nft", named(engineNft, "inet", "filter", block("input", hookInput)), hookInput, "none",
			"nft delete rule inet filter input handle 102",
			"nft insert rule inet filter input position 102 ip saddr 10.77.1.1 tcp dport 80 accept"},
		{"nft output", named(engineNft, "inet", "filter", block("output", hookOutput)), hookOutput, "none",
			"nft delete rule inet filter output handle 102",
			"nft insert rule inet filter output position 102 ip daddr 10.77.1.254 tcp dport 80 accept"},
		{"iptables-nft", named(engineNft, "ip", "filter", block("INPUT", hookInput)), hookInput, "iptables-nft",
			"iptables -D INPUT 2", "iptables -I INPUT 2 -s 10.77.1.1 -p tcp --dport 80 -j ACCEPT"},
		{"legacy raw", named(engineLegacy, "ip", "raw", block("PREROUTING", hookPrerouting)), hookInput, "none",
			"iptables-legacy -t raw -D PREROUTING 2", "iptables-legacy -t raw -I PREROUTING 2 -s 10.77.1.1 -p tcp --dport 80 -j ACCEPT"},
		{"firewalld", named(engineNft, "inet", "firewalld", zoned, chainOf("filter_INPUT", hookInput, 10, does(jump(zoned.name)))), hookInput, "firewalld", "",
			`firewall-cmd --zone=public --add-rich-rule=rule priority="-32768" family="ipv4" source address="10.77.1.1" port port="80" protocol="tcp" accept` + "\n" +
				`firewall-cmd --permanent --zone=public --add-rich-rule=rule priority="-32768" family="ipv4" source address="10.77.1.1" port port="80" protocol="tcp" accept`},
		{"ufw", named(engineNft, "ip", "filter", block("ufw-user-input", ""), chainOf("INPUT", hookInput, 0, does(jump("ufw-user-input")))), hookInput, "ufw", "",
			"ufw prepend allow from 10.77.1.1 to any port 80 proto tcp"},
		{"kube-proxy", named(engineNft, "ip", "filter", block("KUBE-SERVICES", ""), chainOf("INPUT", hookInput, 0, does(jump("KUBE-SERVICES")))), hookInput, "kube-proxy", "", ""},
		{"docker", named(engineNft, "ip", "filter", block("DOCKER", ""), chainOf("DOCKER-USER", "", 0), chainOf("FORWARD", hookForward, 0, does(jump("DOCKER")))), hookForward, "docker", "",
			"iptables -I DOCKER-USER 1 -s 10.77.1.1 -d 10.77.1.254 -p tcp --dport 80 -j ACCEPT"},
	} {
		f := facts(decideOn(syn(80), c.hook, c.table), tool)
		if !*f.Decided || text(f.Manager) != c.manager || commandLines(f.Delete) != c.del || commandLines(f.Allow) != c.allow {
			t.Errorf("%s: manager %s, delete %q, allow %q, want %s, %q, %q", c.name, text(f.Manager), commandLines(f.Delete), commandLines(f.Allow), c.manager, c.del, c.allow)
		}
	}
}

func text(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

// TestRemedyPolicy adds a rule where a policy decides, and takes none away.
func TestRemedyPolicy(t *testing.T) {
	c := chainOf("input", hookInput, 0, does(accepts, dport(22)...))
	c.drop = true
	f := facts(decideOn(syn(80), hookInput, tableOf("filter", c)), nil)
	if !*f.ByPolicy || f.Delete != nil || commandLines(f.Allow) != "nft insert rule inet filter input ip saddr 10.77.1.1 tcp dport 80 accept" {
		t.Errorf("policy: by policy %t, delete %v, allow %q", *f.ByPolicy, f.Delete, commandLines(f.Allow))
	}
}

// TestRemedyVerdictMap does not take a map away for the sake of one packet.
func TestRemedyVerdictMap(t *testing.T) {
	in := chainOf("input", hookInput, 0, []expr{&payload{baseTransport, 2, 2, 1}, &lookup{set: "m", sreg: 1, isMap: true}})
	tb := tableOf("filter", in)
	tb.sets["m"] = &set{name: "m", keyLen: 2, elems: []element{{from: port(80), to: port(80), verdict: &verdict{kind: vDrop}, comment: "shop/web"}}}
	f := facts(decideOn(syn(80), hookInput, tb), nil)
	if *f.Action != "drop" || f.Delete != nil || f.Allow == nil || text(f.Comment) != "shop/web" {
		t.Errorf("verdict map: %s, delete %v, allow %v, comment %s", *f.Action, f.Delete, f.Allow, text(f.Comment))
	}
}

func TestZone(t *testing.T) {
	for name, want := range map[string]string{"filter_IN_public": "public", "filter_IN_public_deny": "public", "filter_IN_policy_allow-host-ipv6": "",
		"IN_dmz_allow": "dmz", "filter_INPUT": "", "filter_FWD_home_post": "home", "input": ""} {
		if got := zone(&chain{name: name}); got != want {
			t.Errorf("zone(%s) = %q, want %q", name, got, want)
		}
	}
}
