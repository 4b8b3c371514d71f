package follow

import (
	"bytes"
	"math/rand/v2"
	"os"
	"runtime"
	"strings"
	"testing"
)

// TestLongLine writes a line of 100 MB, and one that never ends.
func TestLongLine(t *testing.T) {
	b := newBed(t)
	b.start()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	long := func(name string) {
		f, err := os.OpenFile(b.path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		part := strings.Repeat("x", 1<<20)
		for i := range 100 {
			if i == 0 {
				part = "refused " + name + " " + part
			}
			if _, err := f.WriteString(part); err != nil {
				t.Fatal(err)
			}
			if i == 0 {
				b.hears(name) // before its end
			}
		}
	}
	long("first")
	b.write(b.path, "\n"+line("a"))
	b.hears("a")
	long("second")
	b.exactly("first", "a", "second")
	runtime.GC()
	runtime.ReadMemStats(&after)
	if grown := int64(after.HeapAlloc) - int64(before.HeapAlloc); grown > 16<<20 {
		t.Errorf("two lines of 100 MB left %d bytes", grown)
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, r := range b.heard {
		if len(r.Line) > maxLine {
			t.Errorf("a line of %d bytes was raised, want at most %d", len(r.Line), maxLine)
		}
	}
}

// TestRubbish writes random bytes between lines.
func TestRubbish(t *testing.T) {
	b := newBed(t)
	b.start()
	random := rand.New(rand.NewPCG(1, 2))
	rubbish := make([]byte, 8<<20)
	for i := range rubbish {
		rubbish[i] = byte(random.Uint32())
	}
	b.write(b.path, string(rubbish)+"\n"+line("a"))
	b.hears("a")
	b.write(b.path, "refused \xff\x00\x01\"\\<!channel>\u2028 by it\n"+line("b"))
	b.hears("b")
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, r := range b.heard {
		if strings.ContainsFunc(r.Line, func(c rune) bool { return c < ' ' || c == 0x2028 || c == 0xfffd }) {
			t.Errorf("raised %q", r.Line)
		}
	}
}

// TestSampled writes more than is read at once.
func TestSampled(t *testing.T) {
	b := newBed(t)
	b.start()
	b.write(b.path, strings.Repeat(line("a"), 3*sieveBurst))
	b.hears("a")
	b.until("all of it is read", func() bool {
		p, _ := b.follower.feeds[0].kept()
		info, err := os.Stat(b.path)
		return err == nil && p.Offset == info.Size()
	})
	b.write(b.path, strings.Repeat(line("b"), 2*sieveRate)) // some of a sample is looked at soon
	b.hears("b")
	b.mu.Lock()
	defer b.mu.Unlock()
	if last := b.heard[len(b.heard)-1]; !last.Sampled {
		t.Errorf("raised %+v, want it to be sampled", last)
	}
}

// TestTooMuch writes more at once than is read at all.
func TestTooMuch(t *testing.T) {
	b := newBed(t)
	b.write(b.path, "begin\n")
	stop := b.start()
	stop()
	f, err := os.OpenFile(b.path, os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	f.WriteString(line("lost"))
	f.Truncate(maxBehind * 2) // a hole costs no disk
	f.WriteString("\n" + line("a"))
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	b.start()
	b.exactly("a")
	if !b.heard[0].Sampled {
		t.Errorf("raised %+v, want it to be sampled", b.heard[0])
	}
}

func FuzzSplitter(f *testing.F) {
	f.Add([]byte("a\nb\n\x00\x00c"), uint8(2))
	f.Fuzz(func(t *testing.T, text []byte, size uint8) {
		if size == 0 {
			return
		}
		var got [][]byte
		s := splitter{take: func(l []byte) { got = append(got, bytes.Clone(l)) }}
		for rest := text; len(rest) > 0; rest = rest[min(len(rest), int(size)):] {
			s.write(rest[:min(len(rest), int(size))])
		}
		if want := int64(len(text) - bytes.LastIndexByte(text, '\n') - 1); s.begun != want {
			t.Errorf("begun = %d, want %d", s.begun, want)
		}
		s.flush()
		var want [][]byte
		for l := range bytes.Lines(text) {
			end := bytes.HasSuffix(l, []byte("\n"))
			l = bytes.TrimLeft(bytes.TrimSuffix(l, []byte("\n")), "\x00")
			if end || len(l) > 0 {
				want = append(want, l)
			}
		}
		if !bytes.Equal(bytes.Join(got, []byte("\n")), bytes.Join(want, []byte("\n"))) || len(got) != len(want) {
			t.Errorf("lines of %q are %q, want %q", text, got, want)
		}
	})
}
