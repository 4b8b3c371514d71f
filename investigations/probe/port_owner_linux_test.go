package probe

import (
	"bufio"
	"encoding/json"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

// TestPortMemorySeesAServiceGo: a process holds a port, ends, and is known to
// be the one that is missing, also after a restart of the runner.
func TestPortMemorySeesAServiceGo(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	port := l.Addr().(*net.TCPAddr).Port
	l.Close()
	raw, _ := json.Marshal(listenOn{Address: "127.0.0.1:" + strconv.Itoa(port)})
	c := exec.Command(os.Args[0], "--password", "hunter2")
	c.Env = append(os.Environ(), helperListen+"="+string(raw))
	in, _ := c.StdinPipe()
	out, _ := c.StdoutPipe()
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	stop := func() { in.Close(); c.Wait() }
	t.Cleanup(stop)
	if line, err := bufio.NewReader(out).ReadString('\n'); line != "ready\n" {
		t.Fatalf("the service says %q, %v, want ready", line, err)
	}

	path := filepath.Join(t.TempDir(), "ports.json")
	s := &Set{Memory: newMemory(t, path)}
	look := func() {
		t.Helper()
		if err := s.Memory.Look(); err != nil {
			t.Fatal(err)
		}
	}
	look()
	f, err := s.PortOwner(t.Context(), OwnerArgs{Port: int64(port)})
	if err != nil {
		t.Fatal(err)
	}
	want(t, "source", f.Source, "listener")
	want(t, "gone", f.Gone, false)
	want(t, "pid", f.PID, int64(c.Process.Pid))
	want(t, "process", f.Process, processName(t))
	if text := value(f.Command).(string); !strings.HasSuffix(text, "--password ***") {
		t.Errorf("command = %q, want its secret masked", text)
	}

	stop()
	look()
	s.Memory.close(time.Now())
	s = &Set{Memory: newMemory(t, path)}
	if f, err = s.PortOwner(t.Context(), OwnerArgs{Port: int64(port)}); err != nil {
		t.Fatal(err)
	}
	want(t, "known", f.Known, true)
	want(t, "source", f.Source, "memory")
	want(t, "uid", f.UID, int64(os.Getuid()))
	want(t, "gone", f.Gone, true)
	want(t, "process", f.Process, processName(t))
	if f.Until == nil || time.Since(*f.Until) > time.Hour {
		t.Errorf("until = %v, want a moment ago", value(f.Until))
	}
	status, err := s.ServiceStatus(t.Context(), ServiceArgs{Port: int64(port)})
	if err != nil {
		t.Fatal(err)
	}
	want(t, "alive", status.Alive, false)
}

// TestServiceOfAReusedPID: the process that held a port has gone, and another
// has its number.
func TestServiceOfAReusedPID(t *testing.T) {
	s := &Set{Memory: newMemory(t, "")}
	own := os.Getpid()
	gone := Held{Port: 8080, Process: "web", PID: own, Start: startTime(own) + 1}
	s.Memory.take([]listening{{port: 8080}}, []Held{gone}, time.Now())
	f, err := s.ServiceStatus(t.Context(), ServiceArgs{PID: int64(own)})
	if err != nil {
		t.Fatal(err)
	}
	want(t, "alive", f.Alive, false)
	if f.Command != nil || f.Ports != nil {
		t.Errorf("command, ports = %v, %v, want nothing of the other process", value(f.Command), f.Ports)
	}
	f, err = new(Set).ServiceStatus(t.Context(), ServiceArgs{PID: int64(own)})
	if err != nil {
		t.Fatal(err)
	}
	want(t, "without a memory: alive", f.Alive, true)
}

// TestOwnerFactsBeside: what the unit held at the same time comes along, and of
// no other unit.
func TestOwnerFactsBeside(t *testing.T) {
	memory := holder{source: fromMemory, unit: "web.service", process: "web", beside: []uint16{9100}, uid: new(int64(7))}
	f := ownerFacts([]holder{{source: fromInput, unit: "web.service"}, memory})
	if len(f.Beside) != 1 || f.Beside[0] != 9100 || f.UID == nil || *f.UID != 7 {
		t.Errorf("beside, uid = %v, %v; want 9100 and 7", f.Beside, value(f.UID))
	}
	if f = ownerFacts([]holder{{source: fromInput, unit: "api.service"}, memory}); f.Beside != nil || f.UID != nil {
		t.Errorf("of another unit: beside, uid = %v, %v; want none", f.Beside, value(f.UID))
	}
}

func TestOwnerFacts(t *testing.T) {
	memory := holder{source: fromMemory, unit: "web.service", process: "web", pid: 7, gone: new(true)}
	for _, c := range []struct {
		name         string
		all          []holder
		known        bool
		source, unit any
		process      any
		conflict     bool
	}{
		{"nothing", nil, false, nil, nil, nil, false},
		{"memory", []holder{memory}, true, "memory", "web.service", "web", false},
		{"input and memory agree", []holder{{source: fromInput, unit: "web.service"}, memory}, true, "input", "web.service", "web", false},
		{"input and memory do not", []holder{{source: fromInput, unit: "api.service"}, memory}, true, "input", "api.service", nil, true},
		{"a listener nobody knows", []holder{{source: fromListener}, memory}, true, "memory", "web.service", "web", false},
		{"two units' command lines", []holder{{source: fromCommand, unit: "a.service"}, {source: fromCommand, unit: "b.service"}}, false, nil, nil, nil, true},
		{"a better source than those", []holder{memory, {source: fromCommand, unit: "a.service"}, {source: fromCommand, unit: "b.service"}}, true, "memory", "web.service", "web", true},
		{"nginx without a unit", []holder{{source: fromNginx, where: "nginx.conf:3"}}, false, nil, nil, nil, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := ownerFacts(c.all)
			want(t, "known", f.Known, c.known)
			want(t, "source", f.Source, c.source)
			want(t, "unit", f.Unit, c.unit)
			want(t, "process", f.Process, c.process)
			want(t, "conflict", f.Conflict, c.conflict)
			if len(f.Sources) != len(c.all) {
				t.Errorf("%d sources, want %d", len(f.Sources), len(c.all))
			}
		})
	}
}

func BenchmarkPortMemoryLook(b *testing.B) {
	m, err := NewPortMemory("", nil)
	if err != nil {
		b.Fatal(err)
	}
	defer m.close(time.Now())
	for b.Loop() {
		if err := m.Look(); err != nil {
			b.Fatal(err)
		}
	}
}
