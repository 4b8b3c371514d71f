package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"sync"
)

// demoShop is what a person breaks and mends: a backend behind the load balancer
// whose log the bot's own runner follows. Nothing else tells the bot of it.
type demoShop struct {
	lb     *demoLB
	log    string // the load balancer's error log
	target string // the backend

	mu      sync.Mutex
	kind    demoKind
	backend *demoBackend // nil: it is broken
	look    func() error // has the port memory look who listens
}

// openDemoShop starts the backend, and a load balancer in front of it.
func openDemoShop(ctx context.Context, dir string) (*demoShop, error) {
	s := &demoShop{kind: demoKind{name: "healthy", port: 18085, host: "127.0.0.1"}}
	var err error
	if s.log, err = filepath.Abs(filepath.Join(dir, "load-balancer-error.log")); err != nil {
		return nil, fmt.Errorf("find the load balancer's log: %w", err)
	}
	if s.backend, err = startBackend(ctx, s.kind); err != nil {
		return nil, err
	}
	s.kind.port = s.backend.port // where it comes back
	s.target = s.backend.target()
	if s.lb, err = openDemoLB("127.0.0.1:8067", s.backend.target(), s.log); err != nil {
		return nil, errors.Join(err, s.backend.stop())
	}
	return s, nil
}

// ready says that the bot runs, and how to have it look who listens.
func (s *demoShop) ready(look func() error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.look = look
}

// buttons are what the presses of the welcome's buttons do.
func (s *demoShop) buttons() map[string]func(ctx context.Context, user string) string {
	return map[string]func(context.Context, string) string{demoBreak: s.breakIt, demoMend: s.mend}
}

// breakIt stops the backend and sends a request through the load balancer.
func (s *demoShop) breakIt(ctx context.Context, _ string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	said := "The backend was stopped already."
	if s.backend != nil {
		if err := errors.Join(s.look(), s.backend.stop()); err != nil {
			return "That did not work: " + err.Error()
		}
		said = fmt.Sprintf("The backend %s is stopped.", s.backend.target())
		s.backend = nil
	}
	return said + " " + s.ask(ctx) + " The load balancer has logged why; watch the channel."
}

// mend starts the backend again on the port that it had.
func (s *demoShop) mend(ctx context.Context, _ string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	said := "The backend runs already."
	if s.backend == nil {
		b, err := startBackend(ctx, s.kind)
		if err == nil && b.port != s.kind.port {
			err = errors.Join(fmt.Errorf("port %d is taken by another program", s.kind.port), b.stop())
		}
		if err == nil {
			s.backend = b
			err = s.look()
		}
		if err != nil {
			return "That did not work: " + err.Error()
		}
		said = fmt.Sprintf("The backend %s runs again.", b.target())
	}
	return said + " " + s.ask(ctx)
}

// ask sends a request through the load balancer and says what it answers.
func (s *demoShop) ask(ctx context.Context) string {
	status, err := s.lb.get(ctx)
	if err != nil {
		return "The load balancer does not answer: " + err.Error() + "."
	}
	return fmt.Sprintf("The load balancer on %s answers %s.", s.lb.address(), status)
}

func (s *demoShop) stop() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.backend == nil {
		return nil
	}
	return s.backend.stop()
}
