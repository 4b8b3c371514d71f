package firewall

import (
	"fmt"
	"strings"
)

// remedy makes the commands that change what a decider does, in the words of
// the tool that manages its rules.
type remedy struct {
	by   decider
	p    packet // as it was when it met the decider
	zone string
	tool func(engine string, v6 bool) string // iptables and ip6tables on this host
}

// commands are argv lists: delete takes the rule away, allow puts an accept
// for this packet's connection before it.
func (m remedy) commands() (del, allow [][]string) {
	switch m.by.manager() {
	case managerKubeProxy:
		return nil, nil
	case managerFirewalld:
		return nil, m.firewalld()
	case managerUFW:
		return nil, m.ufw()
	case managerDocker:
		return nil, m.docker()
	}
	if m.by.base.table.engine == engineNft && !m.by.base.table.compat() {
		return m.nftDelete(), m.nftAllow()
	}
	return m.iptablesDelete(), m.iptablesAllow()
}

func (m remedy) family() string { return pick(m.p.v6(), "ip6", "ip") }

func (m remedy) port() string { return itoa(int64(m.p.dport)) }

// ends are the packet's addresses as this hook tells connections apart: the
// source for what comes in, the destination for what leaves, else both.
func (m remedy) ends() (src, dst string) {
	hook := m.by.base.hook
	if hook != hookOutput && !(m.p.local && (hook == hookPostrouting || hook == hookEgress)) {
		src = m.p.src.String()
	}
	if hook != hookInput && hook != hookPrerouting && hook != hookIngress {
		dst = m.p.dst.String()
	}
	return src, dst
}

func (m remedy) nftPlace() []string {
	t := m.by.chain.table
	return []string{t.family, t.name, m.by.chain.name}
}

func (m remedy) nftDelete() [][]string {
	if m.by.rule == nil || m.by.rule.maps() {
		return nil // a verdict map decides about other packets, too
	}
	return [][]string{append(append([]string{"nft", "delete", "rule"}, m.nftPlace()...), "handle", itoa(m.by.rule.handle))}
}

func (m remedy) nftAllow() [][]string {
	argv := append([]string{"nft", "insert", "rule"}, m.nftPlace()...)
	if m.by.rule != nil {
		argv = append(argv, "position", itoa(m.by.rule.handle))
	}
	src, dst := m.ends()
	if src != "" {
		argv = append(argv, m.family(), "saddr", src)
	}
	if dst != "" {
		argv = append(argv, m.family(), "daddr", dst)
	}
	return [][]string{append(argv, "tcp", "dport", m.port(), "accept")}
}

// maps says whether a verdict map decides in this rule.
func (r *rule) maps() bool {
	for _, e := range r.exprs {
		if l, ok := e.(*lookup); ok && l.isMap {
			return true
		}
	}
	return false
}

func (m remedy) iptables(args ...string) []string {
	t := m.by.base.table
	argv := []string{m.tool(t.engine, t.family == "ip6")}
	if t.name != "filter" {
		argv = append(argv, "-t", t.name)
	}
	return append(argv, args...)
}

func (m remedy) iptablesDelete() [][]string {
	if m.by.rule == nil {
		return nil
	}
	return [][]string{m.iptables("-D", m.by.chain.name, itoa(m.by.rule.position))}
}

func (m remedy) iptablesAllow() [][]string {
	position := int64(1)
	if m.by.rule != nil {
		position = m.by.rule.position
	}
	return [][]string{append(m.iptables("-I", m.by.chain.name, itoa(position)), m.iptablesMatch()...)}
}

func (m remedy) iptablesMatch() []string {
	var argv []string
	src, dst := m.ends()
	if src != "" {
		argv = append(argv, "-s", src)
	}
	if dst != "" {
		argv = append(argv, "-d", dst)
	}
	return append(argv, "-p", "tcp", "--dport", m.port(), "-j", "ACCEPT")
}

// docker keeps a chain for its users' rules that comes before its own.
func (m remedy) docker() [][]string {
	if m.by.base.hook != hookForward || m.by.base.table.byName["DOCKER-USER"] == nil {
		return nil
	}
	return [][]string{append(m.iptables("-I", "DOCKER-USER", "1"), m.iptablesMatch()...)}
}

// firewalld takes a rich rule, now and for ever; before a zone's own denials
// only one with a negative priority comes (firewalld.richlanguage(5)).
func (m remedy) firewalld() [][]string {
	if m.by.base.hook != hookInput && m.by.base.hook != hookPrerouting {
		return nil
	}
	rule := "rule"
	for _, s := range []string{"_pre", "_log", "_deny"} {
		if strings.HasSuffix(m.by.chain.name, s) {
			rule = `rule priority="-32768"`
		}
	}
	rule += fmt.Sprintf(` family="%s" source address="%s" port port="%s" protocol="tcp" accept`,
		pick(m.p.v6(), "ipv6", "ipv4"), m.p.src, m.port())
	var zone []string
	if m.zone != "" {
		zone = []string{"--zone=" + m.zone}
	}
	now := append([]string{"firewall-cmd"}, zone...)
	ever := append([]string{"firewall-cmd", "--permanent"}, zone...)
	return [][]string{append(now, "--add-rich-rule="+rule), append(ever, "--add-rich-rule="+rule)}
}

// ufw puts a rule last, which is enough unless one of its user's rules denies.
func (m remedy) ufw() [][]string {
	argv := []string{"ufw"}
	if strings.Contains(m.by.chain.name, "-user-") {
		argv = append(argv, "prepend")
	}
	switch m.by.base.hook {
	case hookInput:
		argv = append(argv, "allow", "from", m.p.src.String(), "to", "any")
	case hookOutput:
		argv = append(argv, "allow", "out", "to", m.p.dst.String())
	case hookForward:
		argv = []string{"ufw", "route", "allow", "from", m.p.src.String(), "to", m.p.dst.String()}
	default:
		return nil
	}
	return [][]string{append(argv, "port", m.port(), "proto", "tcp")}
}
