package follow

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

const patience = time.Minute

// ear takes what a follower raises.
type ear struct {
	t *testing.T

	mu    sync.Mutex
	heard []Raised
	deaf  bool // nothing is taken over
	log   bytes.Buffer
}

func (e *ear) Write(p []byte) (int, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.log.Write(p)
}

func (e *ear) raise(_ context.Context, payload []byte) error {
	var r Raised
	if err := json.Unmarshal(payload, &r); err != nil {
		e.t.Errorf("payload %.200q: %v", payload, err)
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.deaf {
		return errors.New("not now")
	}
	e.heard = append(e.heard, r)
	return nil
}

// count is how many lines were heard of each that contains "refused NAME".
func (e *ear) count() map[string]int {
	e.mu.Lock()
	defer e.mu.Unlock()
	all := map[string]int{}
	for _, r := range e.heard {
		key, _ := recognise("", []byte(r.Line))
		all[key] += r.Count
	}
	return all
}

// hears waits until each name was heard once.
func (e *ear) hears(names ...string) {
	e.t.Helper()
	for end := time.Now().Add(patience); ; time.Sleep(2 * time.Millisecond) {
		missing := ""
		heard := e.count()
		for _, n := range names {
			if heard[n] == 0 {
				missing = n
			}
		}
		if missing == "" {
			return
		}
		if time.Now().After(end) {
			e.t.Fatalf("after %s %q is not heard; heard %v\n%s", patience, missing, heard, e.log.String())
		}
	}
}

// exactly holds all that was heard, and is to be heard yet: each name once.
func (b *bed) exactly(names ...string) {
	b.t.Helper()
	b.hears(names...)
	b.until("all is raised", func() bool {
		tally := b.follower.tally
		tally.mu.Lock()
		defer tally.mu.Unlock()
		for _, e := range tally.entries {
			if e.count > 0 || e.flying {
				return false
			}
		}
		return true
	})
	heard := b.count()
	for _, n := range names {
		if heard[n] != 1 {
			b.t.Errorf("%q was heard %d times, want once", n, heard[n])
		}
		delete(heard, n)
	}
	if len(heard) > 0 {
		b.t.Errorf("heard besides: %v", heard)
	}
}

// recognise takes the word behind "refused" as the key.
func recognise(_ string, line []byte) (string, bool) {
	_, rest, ok := bytes.Cut(line, []byte("refused "))
	word, _, _ := bytes.Cut(rest, []byte(" "))
	return string(word), ok
}

// bed is a log in a directory of its own.
type bed struct {
	*ear
	path, state string
	source      Source
	follower    *Follower
}

func newBed(t *testing.T) *bed {
	dir := t.TempDir()
	path := filepath.Join(dir, "error.log")
	return &bed{ear: &ear{t: t}, path: path, state: t.TempDir(), source: Source{Program: "p", Kind: File, Where: path}}
}

// start follows the log until the test or stop ends it, and returns when it is
// being read.
func (b *bed) start() (stop func()) {
	b.t.Helper()
	var err error
	b.follower, err = New(Config{
		Sources: []Source{b.source}, State: b.state, Recognise: recognise, Raise: b.raise, Log: slog.New(slog.NewTextHandler(b, nil)),
	})
	if err != nil {
		b.t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(b.t.Context())
	done := make(chan struct{})
	go func() { defer close(done); b.follower.Run(ctx) }()
	stop = sync.OnceFunc(func() {
		cancel()
		<-done
	})
	b.t.Cleanup(stop)
	b.until("the log is looked at", func() bool {
		b.mu.Lock()
		defer b.mu.Unlock()
		return bytes.Contains(b.log.Bytes(), []byte("log is"))
	})
	if b.source.Kind == File {
		b.until("its place is known", func() bool { _, ok := b.follower.feeds[0].kept(); return ok })
	}
	b.mu.Lock()
	b.log.Reset()
	b.mu.Unlock()
	return stop
}

func (b *bed) until(what string, is func() bool) {
	b.t.Helper()
	for end := time.Now().Add(patience); !is(); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			b.t.Fatalf("after %s it is not so that %s\n%s", patience, what, b.log.String())
		}
	}
}

// write appends to the file of a path.
func (b *bed) write(path, text string) {
	b.t.Helper()
	f, err := os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err == nil {
		_, err = f.WriteString(text)
	}
	if err = errors.Join(err, f.Close()); err != nil {
		b.t.Fatal(err)
	}
}

func (b *bed) rename(to string) {
	b.t.Helper()
	if err := os.Rename(b.path, to); err != nil {
		b.t.Fatal(err)
	}
}

func line(name string) string {
	return fmt.Sprintf("%s refused %s by it\n", time.Now().Format(time.StampNano), name)
}

func TestFollowsFromItsEnd(t *testing.T) {
	b := newBed(t)
	b.write(b.path, line("old"))
	b.start()
	b.write(b.path, line("a")+"ordinary\n"+line("b"))
	b.exactly("a", "b")
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, r := range b.heard {
		if r.Program != "p" || r.Count != 1 || r.Sampled || time.Since(r.At) > patience || !strings.HasSuffix(r.Line, " by it") {
			t.Errorf("raised %+v", r)
		}
	}
}

func TestAppears(t *testing.T) {
	b := newBed(t)
	b.path = filepath.Join(filepath.Dir(b.path), "later", "error.log")
	b.source.Where = b.path
	b.start()
	if err := os.Mkdir(filepath.Dir(b.path), 0o700); err != nil {
		t.Fatal(err)
	}
	b.write(b.path, line("first"))
	b.exactly("first")
	b.write(b.path, line("second"))
	b.exactly("first", "second")
}

// TestRotates renames the file; its writer goes on with the old one for a while.
func TestRotates(t *testing.T) {
	b := newBed(t)
	b.write(b.path, "begin\n")
	b.start()
	var all []string
	for i := range 5 {
		old := fmt.Sprintf("%s.%d", b.path, i)
		before, late, after := fmt.Sprint("before", i), fmt.Sprint("late", i), fmt.Sprint("after", i)
		b.write(b.path, line(before))
		b.rename(old)
		b.write(b.path, line(after))
		b.hears(after)
		b.write(old, line(late))
		b.hears(late)
		all = append(all, before, late, after)
	}
	b.exactly(all...)
}

// TestRenamedBack takes the name away and gives it back.
func TestRenamedBack(t *testing.T) {
	b := newBed(t)
	b.write(b.path, "begin\n")
	b.start()
	b.write(b.path, line("a"))
	b.hears("a")
	b.rename(b.path + ".away")
	b.until("it is seen to be away", func() bool {
		b.mu.Lock()
		defer b.mu.Unlock()
		return bytes.Contains(b.log.Bytes(), []byte("not there"))
	})
	if err := os.Rename(b.path+".away", b.path); err != nil {
		t.Fatal(err)
	}
	b.write(b.path, line("b"))
	b.exactly("a", "b")
}

// TestTruncated copies the file away and truncates it, again and again: also when
// it is longer than before by the time that anybody looks.
func TestTruncated(t *testing.T) {
	b := newBed(t)
	b.write(b.path, "begin\n")
	b.start()
	var all []string
	for i := range 5 {
		a := fmt.Sprint("a", i)
		all = append(all, a)
		b.write(b.path, line(a))
		b.hears(a)
		c := fmt.Sprint("c", i)
		all = append(all, c)
		text := strings.Repeat("x", i*100) + line(c)
		if err := os.Truncate(b.path, 0); err != nil {
			t.Fatal(err)
		}
		b.write(b.path, text)
		b.hears(c)
	}
	b.exactly(all...)
}

// TestHole is what copytruncate leaves of a writer that does not append.
func TestHole(t *testing.T) {
	b := newBed(t)
	f, err := os.Create(b.path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	fmt.Fprint(f, strings.Repeat("ordinary\n", 200_000))
	b.start()
	fmt.Fprint(f, line("a"))
	b.hears("a")
	if err := os.Truncate(b.path, 0); err != nil {
		t.Fatal(err)
	}
	fmt.Fprint(f, line("b"))
	b.exactly("a", "b")
}

func TestLine(t *testing.T) {
	b := newBed(t)
	b.start()
	for _, part := range []string{"begin ref", "used a", " by it, and m", "ore"} {
		b.write(b.path, part)
	}
	b.write(b.path, "\n"+line("b"))
	b.exactly("a", "b")
}

func TestNotAFile(t *testing.T) {
	b := newBed(t)
	if err := os.Mkdir(b.path, 0o700); err != nil {
		t.Fatal(err)
	}
	b.source.Where = b.path
	f, err := New(Config{Sources: []Source{b.source}, Recognise: recognise, Raise: b.raise, Log: slog.New(slog.NewTextHandler(b, nil))})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() { defer close(done); f.Run(ctx) }()
	b.until("it says so", func() bool {
		b.mu.Lock()
		defer b.mu.Unlock()
		return bytes.Contains(b.log.Bytes(), []byte("not a regular file"))
	})
	cancel()
	<-done
}
