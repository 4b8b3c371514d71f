package probe

import (
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func newMemory(t *testing.T, path string) *PortMemory {
	t.Helper()
	m, err := NewPortMemory(path, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func TestPortMemoryKeeps(t *testing.T) {
	path := filepath.Join(t.TempDir(), "ports.json")
	m := newMemory(t, path)
	now := time.Date(2026, 11, 30, 12, 0, 0, 0, time.UTC)
	web := Held{Port: 8080, Address: "0.0.0.0", Process: "web", Unit: "web.service", PID: 77, Since: now, Until: now}
	m.take([]listening{{port: 8080}}, []Held{web}, now)
	if h, _ := m.Last(8080); !h.Now {
		t.Errorf("Last(8080) = %+v, want it held now", h)
	}
	m.take([]listening{{port: 8080}}, nil, now.Add(time.Minute))
	m.take(nil, nil, now.Add(time.Hour))
	m.save(now.Add(time.Hour))

	m = newMemory(t, path)
	h, ok := m.Last(8080)
	if !ok || h.Process != "web" || h.Unit != "web.service" || h.PID != 77 || h.Now || !h.Until.Equal(now.Add(time.Minute)) {
		t.Errorf("Last(8080) after a restart = %+v, %v, want the process that held it until 12:01", h, ok)
	}
	if _, ok := m.Last(8081); ok {
		t.Error("Last(8081) is known, want it unknown")
	}
	if _, ok := (*PortMemory)(nil).Last(8080); ok {
		t.Error("no memory knows a port")
	}
}

func TestPortMemoryDoesNotForgetForAStranger(t *testing.T) {
	m := newMemory(t, "")
	now := time.Date(2026, 11, 30, 12, 0, 0, 0, time.UTC)
	m.take([]listening{{port: 8080}}, []Held{{Port: 8080, Process: "web", Until: now}}, now)
	m.take([]listening{{port: 8080}}, []Held{{Port: 8080, Until: now}}, now)
	if h, _ := m.Last(8080); h.Process != "web" {
		t.Errorf("Last(8080) = %+v, want web: who holds it now could not be seen", h)
	}
}

func TestPortMemoryIsBounded(t *testing.T) {
	m := newMemory(t, "")
	start := time.Date(2026, 11, 30, 12, 0, 0, 0, time.UTC)
	for i := range memoryPorts + 10 {
		now := start.Add(time.Duration(i) * time.Second)
		m.take([]listening{{port: uint16(i + 1)}}, []Held{{Port: uint16(i + 1), Process: "x", Until: now}}, now)
	}
	if len(m.ports) != memoryPorts {
		t.Errorf("%d ports are remembered, want %d", len(m.ports), memoryPorts)
	}
	if _, ok := m.Last(10); ok {
		t.Error("the port held longest ago is remembered, want it forgotten")
	}
	if _, ok := m.Last(memoryPorts + 10); !ok {
		t.Error("the port held last is forgotten")
	}
}

func TestPortMemoryOnADamagedFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "ports.json")
	if err := os.WriteFile(path, []byte(`{"schema": 1, "ports": [{`), 0o600); err != nil {
		t.Fatal(err)
	}
	if m := newMemory(t, path); len(m.ports) != 0 {
		t.Errorf("a damaged file gives %d ports, want none", len(m.ports))
	}
	if err := os.WriteFile(path, []byte(`{"schema": 2, "ports": []}`), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := NewPortMemory(path, slog.New(slog.DiscardHandler)); err == nil || !strings.Contains(err.Error(), "schema 2") {
		t.Errorf("NewPortMemory(a newer file) = %v, want it refused", err)
	}
}
