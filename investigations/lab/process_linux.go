package lab

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"testing"
	"time"
)

// Process is a program that Start began on a host.
type Process struct {
	host *Host
	name string
	cmd  *exec.Cmd
	log  string
	done chan struct{}
}

// Start begins a program on the host, as the transient unit NAME.service where
// systemd runs, with the environment variables in env ("K=V"). It ends with
// Stop, with the host or with the lab, but not with Reset: runners outlive it.
func (h *Host) Start(t testing.TB, name string, env []string, argv ...string) *Process {
	t.Helper()
	p := &Process{host: h, name: name, log: h.logPath(name), done: make(chan struct{})}
	if err := p.begin(env, argv); err != nil {
		t.Fatalf("start %s on %s: %v", name, h.Name, err)
	}
	h.processes = append(h.processes, p)
	return p
}

func (p *Process) begin(env, argv []string) error {
	if p.host.systemd {
		run := []string{"systemd-run", "--quiet", "--collect", "--pipe", "--wait", "--unit=" + p.name}
		for _, e := range env {
			run = append(run, "--setenv="+e)
		}
		argv = append(append(run, "--"), argv...)
	}
	cmd, err := p.host.command(context.Background(), argv...)
	if err != nil {
		return err
	}
	log, err := os.Create(p.log)
	if err != nil {
		return err
	}
	defer log.Close()
	cmd.Stdout, cmd.Stderr = log, log
	cmd.Env = append(cmd.Env, env...)
	if err := cmd.Start(); err != nil {
		return err
	}
	p.cmd = cmd
	go func() { defer close(p.done); _ = cmd.Wait() }() // ends with the program, which Stop ends
	return nil
}

// Log returns the last of what the program has written to both outputs.
func (p *Process) Log() string { return tail(p.log) }

// Done is closed when the program has ended.
func (p *Process) Done() <-chan struct{} { return p.done }

// Stop asks the program to end, and after five seconds makes it.
func (p *Process) Stop() error {
	p.host.processes = slices.DeleteFunc(p.host.processes, func(o *Process) bool { return o == p })
	if err := p.interrupt(); err != nil {
		return err
	}
	select {
	case <-p.done:
		return nil
	case <-time.After(5 * time.Second):
	}
	_ = p.cmd.Process.Kill()
	<-p.done
	return fmt.Errorf("%s on %s did not end in 5 s", p.name, p.host.Name)
}

func (p *Process) interrupt() error {
	if p.host.systemd {
		if !p.host.Running() {
			return nil
		}
		_, _ = p.host.Run(context.Background(), "systemctl", "stop", p.name) // fails where it has ended by itself
		return nil
	}
	if err := p.cmd.Process.Signal(os.Interrupt); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return fmt.Errorf("interrupt %s: %w", p.name, err)
	}
	return nil
}

// stopProcesses ends what Start began on this host.
func (h *Host) stopProcesses() error {
	var errs []error
	for _, p := range slices.Clone(h.processes) {
		errs = append(errs, p.Stop())
	}
	return errors.Join(errs...)
}
