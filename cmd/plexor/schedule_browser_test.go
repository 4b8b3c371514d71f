package main

import (
	"context"
	"net"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/plexorbot/plexor/bot/workspace"
)

// switchable is a backend on a port of its own that can be stopped and started.
type switchable struct {
	address string
	mu      sync.Mutex
	l       net.Listener
}

func newSwitchable(t *testing.T) *switchable {
	t.Helper()
	s := &switchable{address: freeAddress(t)}
	if err := s.up(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.down)
	return s
}

func (s *switchable) up() (err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.l != nil {
		return nil
	}
	l, err := net.Listen("tcp", s.address)
	if err != nil {
		return err
	}
	s.l = l
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			c.Close()
		}
	}()
	return nil
}

func (s *switchable) down() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.l != nil {
		s.l.Close()
		s.l = nil
	}
}

// ServeHTTP switches it: POST /down, POST /up.
func (s *switchable) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path == "/down" {
		s.down()
		return
	}
	if err := s.up(); err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
	}
}

// TestScheduleInBrowser makes a schedule in the modal and sees the change message,
// the recovery and the digest with its picture. WORKSPACE_SCREENSHOTS names a
// directory for pictures of it.
func TestScheduleInBrowser(t *testing.T) {
	browser := findBrowser(t)
	b := newBed(t, workspaceConfig(workspace.Config{}))
	b.start()
	b.ready()
	backend := newSwitchable(t)
	bed := httptest.NewServer(backend)
	defer bed.Close()
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	browse(ctx, t, "schedule.mjs", "URL="+b.control.URL, "BOT="+b.api, "TOKEN=token", "BED="+bed.URL, "TARGET="+backend.address, "BROWSER="+browser)
}
