package lab

import (
	"bytes"
	"context"
	"fmt"
	"os/exec"
	"strings"
	"time"
)

// commandTime bounds every command that sets the lab up or takes it down.
const commandTime = 30 * time.Second

// Every host's interface towards the network that it serves, and the one into
// the network of ops.
const (
	dataLink = "eth0"
	mgmtLink = "mgmt0"
)

// ip runs "ip" with one batch of commands.
func ip(ctx context.Context, netns string, commands ...string) error {
	args := []string{"-batch", "-"}
	if netns != "" {
		args = append([]string{"-n", netns}, args...)
	}
	return feed(ctx, strings.Join(commands, "\n"), "ip", args...)
}

// inNamespace runs a shell script on this machine with the network of netns.
func inNamespace(ctx context.Context, netns, script string) error {
	return feed(ctx, "", "nsenter", "--net=/run/netns/"+netns, "sh", "-ec", script)
}

// feed runs a program of this machine to its end with stdin as its input.
func feed(ctx context.Context, stdin, program string, args ...string) error {
	ctx, cancel := context.WithTimeout(ctx, commandTime)
	defer cancel()
	cmd := exec.CommandContext(ctx, program, args...)
	cmd.Stdin = strings.NewReader(stdin)
	cmd.WaitDelay = time.Second
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("%s %s: %w: %s", program, strings.Join(args, " "), err, bytes.TrimSpace(out))
	}
	return nil
}

// wire makes the namespaces and the links between them.
func (l *Lab) wire(ctx context.Context) error {
	var namespaces, links []string
	for _, h := range l.hosts() {
		namespaces = append(namespaces, "netns add "+h.netns)
	}
	for _, h := range l.hosts() {
		links = append(links, h.links(l)...)
	}
	if err := ip(ctx, "", append(namespaces, links...)...); err != nil {
		return err
	}
	if err := l.bridges(ctx); err != nil {
		return err
	}
	for _, h := range l.hosts() {
		if err := ip(ctx, h.netns, h.configuration()...); err != nil {
			return err
		}
	}
	return nil
}

// links are the commands that tie a host to rtr and to ops. The far end has the
// host's own name.
func (h *Host) links(l *Lab) []string {
	pair := func(near, far, peer string) string {
		return fmt.Sprintf("link add %s netns %s type veth peer name %s netns %s", near, h.netns, far, peer)
	}
	switch h {
	case l.Ops:
		return nil
	case l.Rtr:
		return []string{pair(mgmtLink, h.Name, l.Ops.netns)}
	}
	return []string{pair(dataLink, h.Name, l.Rtr.netns), pair(mgmtLink, h.Name, l.Ops.netns)}
}

// bridges makes the two switches: web and web2 share one inside rtr, mgmt0 of
// all hosts end in one inside ops.
func (l *Lab) bridges(ctx context.Context) error {
	rtr := []string{"link add servers type bridge", "link set web master servers", "link set web2 master servers"}
	ops := []string{"link add ops type bridge"}
	for _, name := range []string{"rtr", "lb", "web", "web2"} {
		ops = append(ops, "link set "+name+" master ops", "link set "+name+" up")
	}
	for _, name := range []string{"lb", "web", "web2"} {
		rtr = append(rtr, "link set "+name+" up")
	}
	if err := ip(ctx, l.Rtr.netns, rtr...); err != nil {
		return err
	}
	if err := ip(ctx, l.Ops.netns, ops...); err != nil {
		return err
	}
	return inNamespace(ctx, l.Rtr.netns, `
		echo 1 >/proc/sys/net/ipv4/ip_forward
		echo 1 >/proc/sys/net/ipv6/conf/all/forwarding
		for f in /proc/sys/net/bridge/bridge-nf-call-*; do [ ! -e $f ] || echo 0 >$f; done`)
}
