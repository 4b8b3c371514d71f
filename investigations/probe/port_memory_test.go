package probe

import (
	"log/slog"
	"os"
	"path/filepath"
	"slices"
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

// TestPortMemoryBeside: which ports a unit held at the same time outlives the
// port and the unit's restart, and another unit's are none of them.
func TestPortMemoryBeside(t *testing.T) {
	m := newMemory(t, "")
	now := time.Date(2026, 11, 30, 12, 0, 0, 0, time.UTC)
	held := func(unit string, port uint16) Held { return Held{Port: port, Process: "p", Unit: unit, Until: now} }
	m.take([]listening{{port: 8080}, {port: 9100}, {port: 22}},
		[]Held{held("web.service", 9100), held("web.service", 8080), held("ssh.service", 22)}, now)
	m.take([]listening{{port: 22}}, nil, now)
	m.take([]listening{{port: 9100}, {port: 22}}, []Held{held("web.service", 9100)}, now)
	for port, want := range map[uint16][]uint16{8080: {9100}, 9100: {8080}, 22: nil} {
		if h, _ := m.Last(port); !slices.Equal(h.Beside, want) {
			t.Errorf("beside %d = %v, want %v", port, h.Beside, want)
		}
	}
	m.take([]listening{{port: 9100}}, []Held{held("other.service", 9100)}, now)
	if h, _ := m.Last(9100); len(h.Beside) != 0 {
		t.Errorf("beside 9100 of another unit = %v, want none", h.Beside)
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
