package lab

import (
	"testing"
	"time"
)

// hang serves the shop with a short queue, makes it stop taking connections,
// and fills the queue from lb, as a balancer's checks do.
func hang(t testing.TB, l *Lab) {
	t.Helper()
	l.Web.Serve(t, Service{Unit: shopUnit, Listen: []string{"0.0.0.0:8080"}, Backlog: 2})
	l.Web.Shell(t, "systemctl kill -s USR1 --kill-who=main "+shopUnit+
		"; until systemctl show -P StatusText "+shopUnit+" | grep -q stuck; do sleep 0.05; done")
	for range 20 {
		a, err := l.LB.Connect(t.Context(), shop, 500*time.Millisecond)
		if err != nil {
			t.Fatal(err)
		}
		if !a.Connected() {
			return
		}
	}
	t.Fatalf("the queue of %s took 20 connections", shopUnit)
}
