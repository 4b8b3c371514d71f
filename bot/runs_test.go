package bot

import (
	"context"
	"errors"
	"log/slog"
	"path/filepath"
	"sync"
	"testing"

	"github.com/plexorbot/plexor/investigations"
	"github.com/plexorbot/plexor/store"
)

// gate is a Dispatcher whose one runner answers when the test opens the gate.
type gate struct{ open chan struct{} }

func (g gate) Runners(context.Context) ([]investigations.Runner, error) {
	return []investigations.Runner{{Name: "local", Alive: true, Probes: []string{"tcp.connect"}}}, nil
}

func (g gate) Probe(ctx context.Context, _ string, _ investigations.Request) (investigations.Answer, error) {
	select {
	case <-g.open:
	case <-ctx.Done():
	}
	return investigations.Answer{Error: "nothing is known"}, ctx.Err()
}

const gatePlan = `
plan: connection-refused
title: One connect
steps:
  - id: one
    title: Connect
    checks:
      - {id: connect, probe: tcp.connect, on: local, with: {addresses: ['{{ endpoint.ip }}'], port: '{{ endpoint.port }}'}}
    findings:
      - {ok: connect.connected, say: connected}
healthy: connect.connected
causes:
  - id: refused
    when: connect.refused
    say: refused
    remedies:
      - {kind: inspect, run: 'ss -ltn', explain: lists listeners}
`

func newTestRuns(t *testing.T, d investigations.Dispatcher, l Limits) (*Runs, *store.Store) {
	t.Helper()
	plan, err := investigations.LoadPlan("test.yml", []byte(gatePlan), testCatalog())
	if err != nil {
		t.Fatal(err)
	}
	allow, err := investigations.NewAllowList([]string{"127.0.0.0/8"})
	if err != nil {
		t.Fatal(err)
	}
	s, err := store.Open(filepath.Join(t.TempDir(), "plexor.db"), store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	log := slog.New(slog.DiscardHandler)
	e := &investigations.Engine{Plans: map[string]*investigations.Plan{plan.Name: plan}, Dispatcher: d, Allow: allow, Log: log}
	r := NewRuns(e, s, l, log)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		if err := r.Run(ctx); err != nil {
			t.Error(err)
		}
	}()
	t.Cleanup(func() { cancel(); <-done })
	eventually(t, "runs are taken", func() bool { r.mu.Lock(); defer r.mu.Unlock(); return r.ctx != nil })
	return r, s
}

func byCommand(target, event string) Request {
	return Request{Target: target, EventKey: event, Who: "U1", Trigger: investigations.Trigger{Kind: "command", By: "U1", Channel: "C1"}}
}

// TestStartJoins asks for the same a hundred times at once: one runs.
func TestStartJoins(t *testing.T) {
	g := gate{open: make(chan struct{})}
	r, s := newTestRuns(t, g, Limits{})
	ids, joins := map[string]bool{}, 0
	var mu sync.Mutex
	var wg sync.WaitGroup
	for range 100 {
		wg.Go(func() {
			id, joined, err := r.Start(byCommand("127.0.0.1:80", ""))
			mu.Lock()
			defer mu.Unlock()
			if err != nil {
				t.Error(err)
			}
			ids[id] = true
			if joined {
				joins++
			}
		})
	}
	wg.Wait()
	if len(ids) != 1 || joins != 99 {
		t.Errorf("100 requests made %d investigations and %d joins, want 1 and 99", len(ids), joins)
	}
	close(g.open)
	eventually(t, "it has ended", func() bool { return r.Count() == 0 })
	if left, err := s.Unfinished(); err != nil || len(left) != 0 {
		t.Errorf("Unfinished = %v, %v; want none", left, err)
	}
	if _, joined, err := r.Start(byCommand("127.0.0.1:80", "")); err != nil || joined {
		t.Errorf("Start after the end = joined %t, %v; want a new one", joined, err)
	}
}

func TestStartRefuses(t *testing.T) {
	g := gate{open: make(chan struct{})}
	close(g.open)
	r, s := newTestRuns(t, g, Limits{PerUser: 2})
	for target, want := range map[string]any{
		"10.0.0.1:80": new(Refusal), "169.254.169.254:80": new(Refusal), "web:0": new(investigations.TargetError),
		"2130706434.:99999": new(investigations.TargetError),
	} {
		_, _, err := r.Start(byCommand(target, ""))
		switch want.(type) {
		case *Refusal:
			if _, ok := errors.AsType[*Refusal](err); !ok {
				t.Errorf("Start(%s) = %v, want a refusal", target, err)
			}
		case *investigations.TargetError:
			if _, ok := errors.AsType[*investigations.TargetError](err); !ok {
				t.Errorf("Start(%s) = %v, want a target error", target, err)
			}
		}
	}
	if list, err := s.Investigations(store.Filter{}); err != nil || len(list) != 0 {
		t.Errorf("after refusals there are %d investigations (%v), want none", len(list), err)
	}
	for i, want := range []bool{true, true, false} {
		_, _, err := r.Start(byCommand("127.0.0.1:"+[]string{"1", "2", "3"}[i], ""))
		if (err == nil) != want {
			t.Errorf("Start %d of one person within a minute = %v, want allowed %t", i+1, err, want)
		}
	}
}

// TestCancel ends an investigation whose probe does not.
func TestCancel(t *testing.T) {
	r, s := newTestRuns(t, gate{open: make(chan struct{})}, Limits{})
	id, _, err := r.Start(byCommand("127.0.0.1:80", ""))
	if err != nil {
		t.Fatal(err)
	}
	if !r.Cancel(id, "U1") || r.Cancel("nothing", "U1") {
		t.Error("Cancel knows the wrong investigations")
	}
	eventually(t, "it is cancelled", func() bool {
		inv, err := s.Investigation(id)
		return err == nil && inv.State == investigations.Cancelled
	})
}
