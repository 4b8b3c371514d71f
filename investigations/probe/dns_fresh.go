package probe

import (
	"net"
	"net/netip"
	"slices"
)

// fresh holds what Go's resolver found against what the hosts file and the
// servers say now. That resolver looks at resolv.conf and at the hosts file every
// five seconds only; a program that starts now, or the C library, sees what is
// there now. Where the two contradict each other, the second is taken: the hosts
// file, or else the first server that answered (nsswitch.conf(5): files dns).
func fresh(name string, found []netip.Addr, failure error, hosts []netip.Addr, servers []DNSServer) ([]netip.Addr, error) {
	if len(hosts)+len(servers) == 0 || !contradicted(found, hosts, servers) {
		return found, failure
	}
	if len(hosts) > 0 {
		return hosts, nil
	}
	for _, s := range servers {
		if !isTrue(s.Answered) {
			continue
		}
		if now := addressesOf(s); len(now) > 0 {
			return now, nil
		}
		return nil, &net.DNSError{Err: "no such host", Name: name, IsNotFound: true}
	}
	err := &net.DNSError{Err: "no server answers", Name: name, IsTimeout: true}
	if len(servers) > 0 && servers[0].Error != nil {
		err.Err, err.Server, err.IsTimeout = *servers[0].Error, *servers[0].Address, isTrue(servers[0].Silent)
	}
	return nil, err
}

// contradicted reports whether nobody gives any of the addresses found now, or
// somebody gives some and none was found.
func contradicted(found, hosts []netip.Addr, servers []DNSServer) bool {
	given := slices.Clone(hosts)
	for _, s := range servers {
		given = append(given, addressesOf(s)...)
	}
	if len(found) == 0 {
		return len(given) > 0
	}
	return !slices.ContainsFunc(found, func(a netip.Addr) bool { return slices.Contains(given, a) })
}

func addressesOf(s DNSServer) (list []netip.Addr) {
	for _, text := range s.Addresses {
		if addr, err := netip.ParseAddr(text); err == nil {
			list = append(list, addr.Unmap())
		}
	}
	return list
}
