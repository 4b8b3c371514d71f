package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"time"
)

// demoBackend is a backend that runs: a process of its own, so that it can be
// stopped and be seen to have gone.
type demoBackend struct {
	kind  demoKind
	cmd   *exec.Cmd
	stdin io.WriteCloser
	lines *bufio.Scanner
	port  int
}

// target is what a person types.
func (b *demoBackend) target() string { return net.JoinHostPort(b.kind.host, strconv.Itoa(b.port)) }

// startBackend starts a process that plays k and waits until it listens. The
// process ends when its standard input does, so it never outlives the demo.
func startBackend(ctx context.Context, k demoKind) (*demoBackend, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, fmt.Errorf("find this program: %w", err)
	}
	b := &demoBackend{kind: k, cmd: exec.CommandContext(context.WithoutCancel(ctx), self, backendCommandName, k.name, strconv.Itoa(k.port))}
	b.cmd.Stderr = os.Stderr
	if b.stdin, err = b.cmd.StdinPipe(); err != nil {
		return nil, fmt.Errorf("start backend %s: %w", k.name, err)
	}
	out, err := b.cmd.StdoutPipe()
	if err != nil {
		return nil, fmt.Errorf("start backend %s: %w", k.name, err)
	}
	if err := b.cmd.Start(); err != nil {
		return nil, fmt.Errorf("start backend %s: %w", k.name, err)
	}
	b.lines = bufio.NewScanner(out)
	word, err := b.hear()
	if err == nil {
		b.port, err = strconv.Atoi(word)
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("start backend %s: %w", k.name, err), b.stop())
	}
	return b, nil
}

// hear reads one line that the backend says.
func (b *demoBackend) hear() (string, error) {
	if !b.lines.Scan() {
		return "", errors.Join(io.ErrUnexpectedEOF, b.lines.Err())
	}
	return b.lines.Text(), nil
}

// spoil breaks the backend in its own way.
func (b *demoBackend) spoil(context.Context) error {
	if _, err := io.WriteString(b.stdin, "spoil\n"); err != nil {
		return fmt.Errorf("break backend %s: %w", b.kind.name, err)
	}
	if b.kind.name == "stopped" {
		return b.stop()
	}
	if _, err := b.hear(); err != nil {
		return fmt.Errorf("break backend %s: %w", b.kind.name, err)
	}
	return nil
}

// stop ends the process and waits for it; twice is once.
func (b *demoBackend) stop() error {
	if b.cmd.ProcessState != nil {
		return nil
	}
	b.stdin.Close()
	kill := time.AfterFunc(2*time.Second, func() { b.cmd.Process.Kill() })
	defer kill.Stop()
	if err := b.cmd.Wait(); err != nil && !strings.Contains(err.Error(), "signal") {
		return fmt.Errorf("backend %s: %w", b.kind.name, err)
	}
	return nil
}

// backendCommandName is the hidden command that plays a backend.
const backendCommandName = "demo-backend"

// playBackend plays a backend until standard input ends: it says its port, and
// a line more each time that it has broken itself.
func playBackend(ctx context.Context, p program) (int, error) {
	if len(p.args) != 2 {
		return exitFailed, &usageError{reason: "this is a part of plexor demo"}
	}
	port, err := strconv.Atoi(p.args[1])
	if err != nil {
		return exitFailed, &usageError{reason: "a port is a number"}
	}
	play := map[string]func(int) (backend, error){"hung": hang}[p.args[0]]
	if play == nil {
		play = answer
	}
	b, err := play(port)
	if err != nil {
		return exitFailed, err
	}
	defer b.Close()
	fmt.Fprintln(p.out, b.port)
	in := bufio.NewScanner(p.in)
	for in.Scan() {
		switch p.args[0] {
		case "stopped":
			return exitOK, nil
		case "moved":
			b.Close()
			if b, err = answer(0); err != nil {
				return exitFailed, err
			}
		case "hung":
			if err := b.fill(); err != nil {
				return exitFailed, err
			}
		}
		fmt.Fprintln(p.out, b.port)
	}
	return exitOK, ctx.Err()
}

// backend is what a backend process does.
type backend struct {
	port int
	io.Closer
	fill func() error
}

// answer serves a page on loopback; on a free port where port is taken.
func answer(port int) (backend, error) {
	l, err := listenNear(net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
	if err != nil {
		return backend{}, err
	}
	s := &http.Server{ReadHeaderTimeout: 5 * time.Second, Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		io.WriteString(w, "hello from a backend\n")
	})}
	go s.Serve(l)
	return backend{port: l.Addr().(*net.TCPAddr).Port, Closer: s, fill: func() error { return nil }}, nil
}
