package lab

import (
	"context"
	"fmt"
	"testing"
)

// flushRules empties nftables (and with it what iptables-nft made), and the
// tables of iptables-legacy, policies too, where they are in use.
const flushRules = `
	nft flush ruleset
	for v in '' 6; do
		while read -r table; do
			{
				echo "*$table"
				ip${v}tables-legacy-save -t "$table" | sed -n 's/^\(:[^ ]* \)[AD].*/\1ACCEPT/p'
				echo COMMIT
			} | ip${v}tables-legacy-restore
		done 2>/dev/null </proc/net/ip${v}_tables_names || :
	done
	conntrack -F 2>/dev/null || :
`

// flushHost ends the services that tests use, takes their files away and puts
// back those that were changed.
const flushHost = `
	units=$(cat /run/lab/units 2>/dev/null || :)
	[ -z "$units" ] || systemctl kill --signal=KILL $units 2>/dev/null || :
	systemctl stop nginx haproxy dnsmasq firewalld $units 2>/dev/null || :
	systemctl reset-failed
	if [ -d /run/lab ]; then
		[ ! -e /run/lab/new ] || xargs -d '\n' rm -f </run/lab/new
		[ ! -d /run/lab/saved ] || cp -a /run/lab/saved/. /
		rm -rf /run/lab
		systemctl daemon-reload
	fi
	rm -f /etc/firewalld/zones/* /etc/firewalld/direct.xml
`

// Reset puts the lab back as it was after Start: no services but those of the
// system, no rules, all links, addresses and routes, hosts and name server on.
// Programs begun with Start go on, except on a host that had to be booted again.
func (l *Lab) Reset(t testing.TB) {
	t.Helper()
	if err := l.reset(t.Context()); err != nil {
		t.Fatalf("reset the lab: %v", err)
	}
}

func (l *Lab) reset(ctx context.Context) error {
	if err := l.DNS.Reset(); err != nil {
		return err
	}
	if err := l.Ops.ownFiles(); err != nil {
		return err
	}
	return each(l.hosts(), func(h *Host) error { return h.reset(ctx) })
}

// reset does nothing on a host where nothing was done: a test breaks one or two.
func (h *Host) reset(ctx context.Context) error {
	if !h.touched {
		return nil
	}
	if h.systemd {
		if err := h.plugIn(ctx); err != nil {
			return err
		}
		if _, err := h.pipe(ctx, "", "sh", "-ec", flushHost); err != nil {
			return fmt.Errorf("reset services: %w", err)
		}
	}
	// With this machine's programs: a host's own may be what a test broke.
	if err := inNamespace(ctx, h.netns, flushRules+h.clearing()); err != nil {
		return fmt.Errorf("reset rules and routes: %w", err)
	}
	if err := ip(ctx, h.netns, h.configuration()...); err != nil {
		return err
	}
	h.touched = false
	return nil
}

// plugIn gives the host its cables, and its power where it had none.
func (h *Host) plugIn(ctx context.Context) error {
	if err := h.cables(ctx, "up"); err != nil {
		return err
	}
	if h.machine == nil {
		return h.boot(ctx)
	}
	return nil
}
