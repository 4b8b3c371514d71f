package investigations

import (
	"fmt"
	"net/netip"
	"path"
	"strings"
)

// AllowList says what may be diagnosed. It is judged twice: by the bot before
// it asks for a check, and by the runner before it sends a packet. A list
// without entries, nil included, allows nothing.
type AllowList struct {
	prefixes []netip.Prefix
	globs    []string
}

// NotAllowedError says which address or name an AllowList refuses, and why.
type NotAllowedError struct {
	What string // the address or name in its one spelling
	Why  string // a clause
}

func (e *NotAllowedError) Error() string { return e.What + " " + e.Why }

// NewAllowList reads entries of three kinds: a prefix (10.77.0.0/16), an
// address, or a glob over host names in which * stands for any characters,
// dots included, and ? for one (*.corp.example).
func NewAllowList(entries []string) (*AllowList, error) {
	a := &AllowList{}
	for _, entry := range entries {
		if err := a.add(strings.TrimSpace(entry)); err != nil {
			return nil, fmt.Errorf("allow list entry %q: %w", entry, err)
		}
	}
	return a, nil
}

func (a *AllowList) add(entry string) error {
	if strings.Contains(entry, "/") {
		p, err := netip.ParsePrefix(entry)
		if err != nil {
			return fmt.Errorf("not a prefix such as 10.77.0.0/16")
		}
		if p != p.Masked() {
			return fmt.Errorf("the address has bits beyond the prefix: write %s", p.Masked())
		}
		a.prefixes = append(a.prefixes, unmapPrefix(p))
		return nil
	}
	if ip, err := netip.ParseAddr(entry); err == nil {
		ip = ip.Unmap().WithZone("")
		a.prefixes = append(a.prefixes, netip.PrefixFrom(ip, ip.BitLen()))
		return nil
	}
	glob := strings.ToLower(strings.TrimSuffix(entry, "."))
	if isNumeric(glob) || !validGlob(glob) {
		return fmt.Errorf("neither a prefix, an address nor a host name with * and ?")
	}
	a.globs = append(a.globs, glob)
	return nil
}

func validGlob(s string) bool {
	return s != "" && len(s) <= 253 && allOf(s, func(c byte) bool {
		return isAlnum(c) || strings.IndexByte("._-*?", c) >= 0
	})
}

// unmapPrefix makes ::ffff:10.0.0.0/104 the 10.0.0.0/8 that it means.
func unmapPrefix(p netip.Prefix) netip.Prefix {
	if p.Addr().Is4In6() && p.Bits() >= 96 {
		return netip.PrefixFrom(p.Addr().Unmap(), p.Bits()-96)
	}
	return p
}

// Address reports whether an address may be diagnosed for its own sake. The
// error is a *NotAllowedError.
func (a *AllowList) Address(addr netip.Addr) error {
	addr = addr.Unmap()
	if err := NeverAllowed(addr); err != nil {
		return err
	}
	if a != nil {
		for _, p := range a.prefixes {
			if p.Contains(addr) {
				return nil
			}
		}
	}
	return &NotAllowedError{addr.String(), "is not among the targets that may be diagnosed"}
}

// Name reports whether a glob allows a host name, and with it every address
// that the name resolves to, except those that are never allowed. A name that
// no glob allows can still be diagnosed: then its addresses are judged one by
// one. The error is a *NotAllowedError.
func (a *AllowList) Name(host string) error {
	host = strings.ToLower(strings.TrimSuffix(host, "."))
	if a != nil {
		for _, glob := range a.globs {
			if ok, err := path.Match(glob, host); ok && err == nil {
				return nil
			}
		}
	}
	return &NotAllowedError{host, "is not among the names that may be diagnosed"}
}

// Resolved reports whether an address that a name resolved to may be
// diagnosed: by its name or by itself.
func (a *AllowList) Resolved(host string, addr netip.Addr) error {
	if err := NeverAllowed(addr); err != nil {
		return err
	}
	if host != "" && a.Name(host) == nil {
		return nil
	}
	return a.Address(addr)
}

// Target judges what can be judged before anything is resolved: a target that
// is an address. Any other passes here and is judged by what it resolves to.
func (a *AllowList) Target(t Target) error {
	if addr, ok := t.Addr(); ok {
		return a.Address(addr)
	}
	return nil
}
