package firewall

import (
	"encoding/hex"
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"
)

// servicesFor are the virtual services of /proc/net/ip_vs that may take a
// packet: "TCP 0A4D0202:1F90 rr", "TCP [fd77:…:0002]:1F90 rr", "FWM 00000001 rr"
// (ip_vs_info_seq_show in net/netfilter/ipvs/ip_vs_ctl.c).
func servicesFor(text string, p packet) []string {
	var found []string
	for line := range strings.SplitSeq(text, "\n") {
		f := strings.Fields(line)
		if len(f) < 2 {
			continue
		}
		at, ok := serviceAddress(f[1])
		switch {
		case f[0] == "TCP" && ok && at == netip.AddrPortFrom(p.dst, p.dport):
			found = append(found, fmt.Sprintf("a virtual service of IPVS takes %s", at))
		case f[0] == "FWM":
			found = append(found, "a virtual service of IPVS takes packets by their mark")
		}
	}
	return slices.Compact(found)
}

// serviceAddress reads an address and port as the kernel writes them, in hex.
func serviceAddress(s string) (netip.AddrPort, bool) {
	i := strings.LastIndexByte(s, ':')
	if i < 0 {
		return netip.AddrPort{}, false
	}
	port, err := strconv.ParseUint(s[i+1:], 16, 16)
	if err != nil {
		return netip.AddrPort{}, false
	}
	if inner, ok := strings.CutPrefix(s[:i], "["); ok {
		a, err := netip.ParseAddr(strings.TrimSuffix(inner, "]"))
		return netip.AddrPortFrom(a, uint16(port)), err == nil
	}
	raw, err := hex.DecodeString(s[:i])
	if err != nil || len(raw) != 4 {
		return netip.AddrPort{}, false
	}
	return netip.AddrPortFrom(netip.AddrFrom4([4]byte(raw)), uint16(port)), true
}
