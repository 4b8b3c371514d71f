package firewall

import (
	"context"
	"encoding/binary"
	"errors"
	"slices"
	"strings"

	"github.com/mdlayher/netlink"
	"golang.org/x/sys/unix"
)

// Numbers of ipset's netlink protocol (linux/netfilter/ipset/ip_set.h).
const (
	ipsetSubsys   = 6
	ipsetProtocol = 7

	ipsetCmdTest    = 11
	ipsetCmdHeader  = 12
	ipsetCmdByIndex = 15

	ipsetAttrProtocol = 1
	ipsetAttrName     = 2
	ipsetAttrType     = 3
	ipsetAttrFamily   = 5
	ipsetAttrData     = 7
	ipsetAttrIndex    = 11

	ipsetDataIP    = 1
	ipsetDataPort  = 4
	ipsetDataProto = 7
	ipsetDataIP2   = 20

	ipsetNotInSet = unix.Errno(4103) // IPSET_ERR_EXIST
)

// ipsets asks the kernel about sets of ipset's while a packet is walked.
type ipsets struct{ c *nfConn }

// test says whether the packet is in a set; what cannot be asked is maybe.
func (s ipsets) test(ref ipsetRef, p *packet) tri {
	name := s.name(ref)
	if name == "" {
		return maybe
	}
	header := s.first(ipsetCmdHeader, nftAttr(ipsetAttrName, name))
	kind := header.str(ipsetAttrType)
	_, fields, ok := strings.Cut(kind, ":")
	dims := strings.Split(fields, ",")
	switch family := header.u8(ipsetAttrFamily); {
	case !ok || strings.HasPrefix(kind, "list:"):
		return maybe
	case family != 0 && (family == nfprotoIPv6) != p.v6() || ref.dim < len(dims):
		return no // as ip_set_test does
	}
	data, known := ipsetData(dims, ref, p)
	if !known {
		return maybe
	}
	return s.ask(name, data)
}

func (s ipsets) name(ref ipsetRef) string {
	index := netlink.Attribute{Type: ipsetAttrIndex | netlink.NetByteOrder, Data: binary.BigEndian.AppendUint16(nil, ref.index)}
	return s.first(ipsetCmdByIndex, index).str(ipsetAttrName)
}

// nameSets puts the names of sets into the text of the rules that use them.
func (rs *ruleset) nameSets(ctx context.Context) {
	var uses []*xtMatch
	for _, t := range rs.tables {
		for _, c := range t.chains {
			for _, r := range c.rules {
				uses = append(uses, setUses(r)...)
			}
		}
	}
	if len(uses) == 0 {
		return
	}
	c, err := openNetfilter(ctx)
	if err != nil {
		return // the text keeps the set's number
	}
	defer c.Close()
	for _, m := range uses {
		if name := (ipsets{c}).name(*m.set); name != "" {
			m.args[slices.Index(m.args, m.set.placeholder())] = name
		}
	}
}

func setUses(r *rule) []*xtMatch {
	var out []*xtMatch
	for _, e := range r.exprs {
		if m, ok := e.(*xtMatch); ok && m.set != nil {
			out = append(out, m)
		}
	}
	return out
}

func (s ipsets) first(cmd uint16, question netlink.Attribute) attrs {
	m, err := s.c.ask(ipsetSubsys, cmd, unix.AF_INET, []netlink.Attribute{ipsetVersion, question}, false)
	if err != nil || len(m) == 0 {
		return nil
	}
	return m[0].attrs
}

var ipsetVersion = netlink.Attribute{Type: ipsetAttrProtocol, Data: []byte{ipsetProtocol}}

func (s ipsets) ask(name string, data []netlink.Attribute) tri {
	nested, err := netlink.MarshalAttributes(data)
	if err != nil {
		return maybe
	}
	body, err := netlink.MarshalAttributes([]netlink.Attribute{ipsetVersion, nftAttr(ipsetAttrName, name),
		{Type: ipsetAttrData | netlink.Nested, Data: nested}})
	if err != nil {
		return maybe
	}
	_, err = s.c.Execute(netlink.Message{
		Header: netlink.Header{Type: ipsetSubsys<<8 | ipsetCmdTest, Flags: netlink.Request | netlink.Acknowledge},
		Data:   append([]byte{unix.AF_INET, unix.NFNETLINK_V0, 0, 0}, body...),
	})
	switch {
	case err == nil:
		return yes
	case errors.Is(err, ipsetNotInSet):
		return no
	}
	return maybe
}

// ipsetData is the element to test: one part for each of the set's fields.
func ipsetData(fields []string, ref ipsetRef, p *packet) ([]netlink.Attribute, bool) {
	var out []netlink.Attribute
	ip := uint16(ipsetDataIP)
	for i, f := range fields {
		switch f {
		case "ip", "net":
			addr := pick(ref.src[i], p.src, p.dst)
			inner, err := netlink.MarshalAttributes([]netlink.Attribute{{Type: pick[uint16](p.v6(), 2, 1) | netlink.NetByteOrder, Data: addr.AsSlice()}})
			if err != nil {
				return nil, false
			}
			out = append(out, netlink.Attribute{Type: ip | netlink.Nested, Data: inner})
			ip = ipsetDataIP2
		case "port":
			port := p.dport
			if ref.src[i] {
				port = p.sportLo
			}
			if ref.src[i] && p.sportLo != p.sportHi {
				return nil, false
			}
			out = append(out, netlink.Attribute{Type: ipsetDataPort | netlink.NetByteOrder, Data: binary.BigEndian.AppendUint16(nil, port)})
			if len(fields) > 1 { // a set of ports alone is not of a protocol
				out = append(out, netlink.Attribute{Type: ipsetDataProto, Data: []byte{protoTCP}})
			}
		default: // mac, mark, iface
			return nil, false
		}
	}
	return out, true
}
