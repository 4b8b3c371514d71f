package main

import (
	"context"
	"errors"
	"os"
	"os/signal"
	"syscall"
)

// signalled is why a context ended: somebody asked the program to.
type signalled struct{ os.Signal }

func (s signalled) Error() string { return s.String() }

// Is makes it a way of being cancelled, for whoever tells that from a failure.
func (s signalled) Is(target error) bool { return target == context.Canceled }

// untilSignal returns a context that ends at an interrupt, at SIGTERM, and when
// the terminal goes away, unless the program was started to outlive that (nohup).
func untilSignal() (ctx context.Context, stop func()) {
	ctx, cancel := context.WithCancelCause(context.Background())
	wanted := []os.Signal{os.Interrupt, syscall.SIGTERM}
	if !signal.Ignored(syscall.SIGHUP) {
		wanted = append(wanted, syscall.SIGHUP)
	}
	came := make(chan os.Signal, 1)
	signal.Notify(came, wanted...)
	done := make(chan struct{})
	go func() {
		select {
		case s := <-came:
			cancel(signalled{s})
		case <-done:
		}
	}()
	return ctx, func() {
		signal.Stop(came)
		close(done)
		cancel(nil)
	}
}

// endedCode is the exit code of a command whose context ended. A server was
// asked to end by SIGTERM, or with its terminal; anything else was cut short.
func endedCode(ctx context.Context, server bool, code int) int {
	s, ok := errors.AsType[signalled](context.Cause(ctx))
	if server && ok && s.Signal != os.Interrupt {
		return code
	}
	return exitInterrupted
}
