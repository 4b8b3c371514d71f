package firewall

import (
	"context"
	"fmt"

	"github.com/mdlayher/netlink"
	"golang.org/x/sys/unix"
)

// Families of nftables (enum nfproto, linux/netfilter.h) whose rules are walked:
// arp never sees a packet of IP, and bridge only one that comes in by a bridge.
var nftFamilies = map[uint8]string{1: "inet", 2: "ip", 5: "netdev", 10: "ip6"}

const nftReadAttempts = 4

// readNft reads all of nftables: tables, chains, rules, sets, and whether rules
// stand in the way of what bridges pass. It reads again if
// the rules changed meanwhile. No nftables in the kernel: no tables.
func readNft(ctx context.Context) (tables []*table, bridged bool, err error) {
	c, err := openNetfilter(ctx)
	if err != nil {
		return nil, false, err
	}
	defer c.Close()
	for range nftReadAttempts {
		before, err := c.generation()
		if notThere(err) {
			return nil, false, nil
		} else if err != nil {
			return nil, false, err
		}
		r := &nftReader{c: c, tables: map[nftKey]*table{}}
		err = r.read()
		after, genErr := c.generation()
		if err == nil && genErr == nil && before == after {
			return r.list, r.bridged, nil
		}
		if before == after && err != nil || ctx.Err() != nil {
			return nil, false, err
		}
	}
	return nil, false, fmt.Errorf("read nftables: the rules keep changing")
}

func (c *nfConn) generation() (uint32, error) {
	m, err := c.ask(unix.NFNL_SUBSYS_NFTABLES, unix.NFT_MSG_GETGEN, 0, nil, false)
	if err != nil {
		return 0, fmt.Errorf("ask nftables for its generation: %w", err)
	}
	for _, a := range m {
		if a.has(unix.NFTA_GEN_ID) {
			return a.u32(unix.NFTA_GEN_ID), nil
		}
	}
	return 0, nil
}

type nftKey struct {
	family uint8
	name   string
}

type nftReader struct {
	c      *nfConn
	tables map[nftKey]*table
	list   []*table

	bridged bool // a chain of the family bridge stands at a hook
}

func (r *nftReader) read() error {
	for _, kind := range []struct {
		what string
		msg  uint16
		add  func(nfMessage)
	}{
		{"tables", unix.NFT_MSG_GETTABLE, r.addTable},
		{"chains", unix.NFT_MSG_GETCHAIN, r.addChain},
		{"rules", unix.NFT_MSG_GETRULE, r.addRule},
		{"sets", unix.NFT_MSG_GETSET, r.addSet},
	} {
		answers, err := r.c.ask(unix.NFNL_SUBSYS_NFTABLES, kind.msg, 0, nil, true)
		if err != nil {
			return fmt.Errorf("list nftables %s: %w", kind.what, err)
		}
		for _, a := range answers {
			kind.add(a)
		}
	}
	return r.readElements()
}

func (r *nftReader) addTable(m nfMessage) {
	family, ok := nftFamilies[m.family]
	if !ok {
		return
	}
	t := &table{engine: engineNft, family: family, name: m.str(unix.NFTA_TABLE_NAME), handle: m.u64(4), // NFTA_TABLE_HANDLE
		dormant: m.u32(unix.NFTA_TABLE_FLAGS)&unix.NFT_TABLE_F_DORMANT != 0,
		byName:  map[string]*chain{}, sets: map[string]*set{}}
	r.tables[nftKey{m.family, t.name}] = t
	r.list = append(r.list, t)
}

func (r *nftReader) addChain(m nfMessage) {
	r.bridged = r.bridged || m.family == unix.NFPROTO_BRIDGE && m.has(unix.NFTA_CHAIN_HOOK)
	t := r.tables[nftKey{m.family, m.str(unix.NFTA_CHAIN_TABLE)}]
	if t == nil {
		return
	}
	c := &chain{table: t, name: m.str(unix.NFTA_CHAIN_NAME), handle: m.u64(unix.NFTA_CHAIN_HANDLE)}
	if m.has(unix.NFTA_CHAIN_HOOK) {
		h := m.nested(unix.NFTA_CHAIN_HOOK)
		c.base, c.kind = true, m.str(unix.NFTA_CHAIN_TYPE)
		c.hook, c.priority = nftHook(t.family, h.u32(unix.NFTA_HOOK_HOOKNUM)), int(int32(h.u32(unix.NFTA_HOOK_PRIORITY)))
		c.device = hookDevices(h)
		c.drop = m.has(unix.NFTA_CHAIN_POLICY) && m.u32(unix.NFTA_CHAIN_POLICY) == 0
	}
	if n := m.nested(unix.NFTA_CHAIN_COUNTERS); n != nil {
		packets := int64(n.u64(unix.NFTA_COUNTER_PACKETS))
		c.packets = &packets
	}
	t.chains = append(t.chains, c)
	t.byName[c.name] = c
}

func nftHook(family string, num uint32) string {
	if family == "netdev" {
		return at([]string{hookIngress, hookEgress}, num)
	}
	return at([]string{hookPrerouting, hookInput, hookForward, hookOutput, hookPostrouting, hookIngress}, num)
}

func hookDevices(h attrs) []string {
	var out []string
	if h.has(unix.NFTA_HOOK_DEV) {
		out = append(out, h.str(unix.NFTA_HOOK_DEV))
	}
	for _, d := range h.nested(4) { // NFTA_HOOK_DEVS, a list of NFTA_DEVICE_NAME
		out = append(out, attrs{d}.str(d.typ))
	}
	return out
}

func (r *nftReader) addRule(m nfMessage) {
	t := r.tables[nftKey{m.family, m.str(unix.NFTA_RULE_TABLE)}]
	if t == nil || t.byName[m.str(unix.NFTA_RULE_CHAIN)] == nil {
		return
	}
	c := t.byName[m.str(unix.NFTA_RULE_CHAIN)]
	ru := &rule{chain: c, handle: int64(m.u64(unix.NFTA_RULE_HANDLE)), position: int64(len(c.rules) + 1),
		exprs:   decodeExprs(m.nested(unix.NFTA_RULE_EXPRESSIONS), t.family == "ip6"),
		comment: udataString(m.get(unix.NFTA_RULE_USERDATA), 0)}
	ru.finish()
	c.rules = append(c.rules, ru)
}

// finish takes the counter and the comment out of a rule's expressions.
func (ru *rule) finish() {
	for _, e := range ru.exprs {
		switch e := e.(type) {
		case *counter:
			if ru.packets == nil {
				ru.packets = &e.packets
			}
		case *xtMatch:
			if e.name == "comment" && ru.comment == "" {
				ru.comment = e.comment
			}
		}
	}
}

// udataString finds a string in nftables' userdata, a list of type, length,
// value (libnftnl/udata.h).
func udataString(b []byte, typ byte) string {
	for len(b) >= 2 {
		n := int(b[1])
		if len(b) < 2+n {
			return ""
		}
		if b[0] == typ {
			return attrs{{data: b[2 : 2+n]}}.str(0)
		}
		b = b[2+n:]
	}
	return ""
}

func nftAttr(typ uint16, s string) netlink.Attribute {
	return netlink.Attribute{Type: typ, Data: append([]byte(s), 0)}
}
