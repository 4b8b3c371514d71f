package follow

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// TestRestart stops and starts: what was written meanwhile is raised, nothing
// twice, whatever became of the file.
func TestRestart(t *testing.T) {
	for name, meanwhile := range map[string]func(b *bed){
		"appended":  func(b *bed) { b.write(b.path, line("b")) },
		"untouched": func(b *bed) { b.start()(); b.write(b.path, line("b")) },
		"renamed": func(b *bed) {
			b.write(b.path, line("late"))
			b.rename(b.path + ".1")
			b.write(b.path, line("b"))
		},
		"truncated": func(b *bed) {
			if err := os.Truncate(b.path, 0); err != nil {
				b.t.Fatal(err)
			}
			b.write(b.path, line("b"))
		},
		"replaced": func(b *bed) {
			if err := os.Remove(b.path); err != nil {
				b.t.Fatal(err)
			}
			b.write(b.path, "another beginning, longer than the file was before it\n"+line("b"))
		},
		"within a line": func(b *bed) { b.write(b.path, " by it\n"+line("b")) },
	} {
		t.Run(name, func(t *testing.T) {
			b := newBed(t)
			b.write(b.path, line("old"))
			stop := b.start()
			b.write(b.path, line("a"))
			b.hears("a")
			want := []string{"a", "b"}
			switch name {
			case "within a line":
				b.write(b.path, "begin refused half")
				want = append(want, "half")
			case "renamed":
				want = append(want, "late")
			}
			stop()
			meanwhile(b)
			b.start()
			b.write(b.path, line("c"))
			b.exactly(append(want, "c")...)
		})
	}
}

// TestRestartUnraised stops before what was read was taken over.
func TestRestartUnraised(t *testing.T) {
	b := newBed(t)
	b.write(b.path, "begin\n")
	stop := b.start()
	b.write(b.path, line("a"))
	b.exactly("a")
	b.mu.Lock()
	b.deaf = true
	b.mu.Unlock()
	b.write(b.path, line("b"))
	b.until("it was tried", func() bool {
		b.mu.Lock()
		defer b.mu.Unlock()
		return bytes.Contains(b.log.Bytes(), []byte("not raised"))
	})
	stop()
	b.deaf = false
	b.start()
	b.exactly("a", "b")
}

// TestRestartLate starts so long after that what was written is history.
func TestRestartLate(t *testing.T) {
	b := newBed(t)
	b.write(b.path, "begin\n")
	b.start()()
	file := filepath.Join(b.state, placeFile)
	var p places
	data, err := os.ReadFile(file)
	if err == nil {
		err = json.Unmarshal(data, &p)
	}
	if err != nil || len(p.Sources) != 1 {
		t.Fatalf("places are %s, %v", data, err)
	}
	p.At = p.At.Add(-2 * placeAge)
	if data, err = json.Marshal(p); err == nil {
		err = os.WriteFile(file, data, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	b.write(b.path, line("history"))
	b.start()
	b.write(b.path, line("a"))
	b.exactly("a")
}

// TestPlacesRubbish starts with a file of places that is none.
func TestPlacesRubbish(t *testing.T) {
	b := newBed(t)
	b.write(b.path, line("old"))
	for _, text := range []string{"", "{", `{"at":"x"}`, `{"at":"` + time.Now().Format(time.RFC3339) + `","sources":{"p=` + b.path + `":{"offset":-7,"head":{"size":9999}}}}`} {
		if err := os.WriteFile(filepath.Join(b.state, placeFile), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		stop := b.start()
		stop()
	}
	b.start()
	b.write(b.path, line("a"))
	b.hears("a")
}
