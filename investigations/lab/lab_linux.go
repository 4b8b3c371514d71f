package lab

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
)

// BinDir is where hosts see the directory of [Options.Bin].
const BinDir = "/opt/plexor"

// Options say what a lab is made with; the zero value is a lab without the
// project's programs.
type Options struct {
	// Bin is a directory of this machine that lb, web and web2 see, read-only,
	// as BinDir.
	Bin string
}

// Lab is one network of hosts. Its methods and those of its hosts are for one
// goroutine at a time.
type Lab struct {
	LB, Web, Web2, Rtr, Ops *Host
	DNS                     *DNS // the name server on ops, 10.77.3.2:53

	bin    string
	dir    string // logs, and the files that ops has of its own
	prefix string // of all names that the lab has outside: namespaces, machines, control groups
	reaper *reaper
}

// Start makes a lab and boots its hosts. The lab goes away with Close, or by
// itself when this process ends, however that happens.
func Start(ctx context.Context, options Options) (*Lab, error) {
	dir, err := os.MkdirTemp("", "plexor-lab-")
	if err != nil {
		return nil, fmt.Errorf("make the lab's directory: %w", err)
	}
	if err := sweep(ctx); err != nil {
		return nil, err
	}
	l := &Lab{bin: options.Bin, dir: dir, prefix: ownPrefix()}
	l.plan()
	if l.reaper, err = startReaper(l.prefix, dir); err != nil {
		return nil, err
	}
	if err := l.up(ctx); err != nil {
		return nil, errors.Join(err, l.Close())
	}
	return l, nil
}

// plan names the hosts and their addresses.
func (l *Lab) plan() {
	l.LB = l.newHost("lb", true, address{dataLink, 1, 2}, address{mgmtLink, 3, 11})
	l.Web = l.newHost("web", true, address{dataLink, 2, 2}, address{mgmtLink, 3, 21})
	l.Web2 = l.newHost("web2", true, address{dataLink, 2, 3}, address{mgmtLink, 3, 22})
	l.Rtr = l.newHost("rtr", false, address{"lb", 1, 1}, address{"servers", 2, 1}, address{mgmtLink, 3, 1})
	l.Ops = l.newHost("ops", false, address{"ops", 3, 2})
	l.LB.gateway = &address{dataLink, 1, 1}
	l.Web.gateway = &address{dataLink, 2, 1}
	l.Web2.gateway = &address{dataLink, 2, 1}
	l.Ops.gateway = &address{"ops", 3, 1}
}

func (l *Lab) newHost(name string, systemd bool, addresses ...address) *Host {
	return &Host{Name: name, lab: l, netns: l.prefix + "-" + name, systemd: systemd, addresses: addresses}
}

func (l *Lab) hosts() []*Host { return []*Host{l.LB, l.Web, l.Web2, l.Rtr, l.Ops} }

// booted are the hosts that run systemd.
func (l *Lab) booted() []*Host { return []*Host{l.LB, l.Web, l.Web2} }

func (l *Lab) up(ctx context.Context) error {
	if err := l.wire(ctx); err != nil {
		return err
	}
	if err := l.Ops.ownFiles(); err != nil {
		return err
	}
	l.DNS = &DNS{netns: l.Ops.netns}
	if err := l.DNS.Reset(); err != nil {
		return err
	}
	return each(l.booted(), func(h *Host) error { return h.boot(ctx) })
}

// Close ends every process of the lab and removes what it made.
func (l *Lab) Close() error {
	var errs []error
	if l.DNS != nil {
		l.DNS.Stop()
	}
	for _, h := range l.hosts() {
		errs = append(errs, h.stopProcesses())
	}
	return errors.Join(append(errs, l.reaper.reap())...)
}

// each runs f for all hosts side by side.
func each(hosts []*Host, f func(*Host) error) error {
	var wait sync.WaitGroup
	errs := make([]error, len(hosts))
	for i, h := range hosts {
		wait.Go(func() {
			if err := f(h); err != nil {
				errs[i] = fmt.Errorf("%s: %w", h.Name, err)
			}
		})
	}
	wait.Wait()
	return errors.Join(errs...)
}

// tail returns the end of a log file, for an error message.
func tail(path string) string {
	const most = 2000
	f, err := os.Open(path)
	if err != nil {
		return ""
	}
	defer f.Close()
	if info, err := f.Stat(); err == nil && info.Size() > most {
		_, _ = f.Seek(-most, io.SeekEnd)
	}
	text, _ := io.ReadAll(f)
	return strings.TrimSpace(string(text))
}
