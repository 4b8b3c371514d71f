package store

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/plexorbot/plexor/investigations"
	bolt "go.etcd.io/bbolt"
)

// open opens a state file in a directory of the test's, with a clock that the
// test moves.
func open(t *testing.T) (*Store, *time.Time) {
	t.Helper()
	now := time.Date(2026, 11, 30, 12, 0, 0, 0, time.UTC)
	s, err := Open(filepath.Join(t.TempDir(), "plexor.db"), Options{Now: func() time.Time { return now }})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s, &now
}

func newInvestigation(now time.Time, target string) investigations.Investigation {
	return investigations.Investigation{
		Schema: investigations.Schema, ID: investigations.NewID(now), Target: target, Plan: "p", State: investigations.Running, Started: now,
		Trigger: investigations.Trigger{Kind: "command", By: "U1", Channel: "C1"}, Endpoints: []investigations.Endpoint{},
	}
}

func create(t *testing.T, s *Store, inv investigations.Investigation, event string) string {
	t.Helper()
	id, _, err := s.Create(New{Investigation: inv, EventKey: event})
	if err != nil {
		t.Fatal(err)
	}
	return id
}

func TestOpenRefuses(t *testing.T) {
	s, _ := open(t)
	if _, err := Open(s.Path(), Options{Wait: 50 * time.Millisecond}); !errors.Is(err, ErrLocked) {
		t.Errorf("Open of a file in use = %v, want ErrLocked", err)
	}
	err := s.db.Update(func(tx *bolt.Tx) error {
		return tx.Bucket(bucketMeta).Put([]byte("schema"), binary.BigEndian.AppendUint64(nil, schema+1))
	})
	if err != nil {
		t.Fatal(err)
	}
	path := s.Path()
	s.Close()
	if _, err := Open(path, Options{}); !errors.Is(err, ErrNewer) {
		t.Errorf("Open of a newer file = %v, want ErrNewer", err)
	}
}

func TestCreateOncePerEvent(t *testing.T) {
	s, now := open(t)
	first := create(t, s, newInvestigation(*now, "web:80"), "event-1")
	id, created, err := s.Create(New{Investigation: newInvestigation(*now, "web:80"), EventKey: "event-1"})
	if err != nil || created || id != first {
		t.Errorf("Create for a repeated event = %s, %t, %v; want %s, false, nil", id, created, err, first)
	}
	list, err := s.Investigations(Filter{})
	if err != nil || len(list) != 1 {
		t.Errorf("Investigations = %d, %v; want one", len(list), err)
	}
}

func TestCreateOnceAmongMany(t *testing.T) {
	s, now := open(t)
	var wg sync.WaitGroup
	made := make(chan string, 50)
	for range 50 {
		wg.Go(func() {
			id, created, err := s.Create(New{Investigation: newInvestigation(*now, "web:80"), EventKey: "same"})
			if err != nil {
				t.Error(err)
			}
			if created {
				made <- id
			}
		})
	}
	wg.Wait()
	if len(made) != 1 {
		t.Errorf("of 50 creations for one event %d made something, want 1", len(made))
	}
}

// run plays the events of a small investigation.
func run(id string, now time.Time) []investigations.Event {
	steps := []investigations.Step{{ID: "one", Title: "One", Status: investigations.Pending, Checks: []investigations.Check{
		{ID: "connect", Probe: "tcp.connect", On: "lb", State: investigations.CheckPending},
	}}}
	return []investigations.Event{
		{Kind: investigations.EventResolved, Time: now, Resolution: &investigations.Resolution{On: "lb", Addresses: []string{"10.0.0.1:80"}},
			Endpoints: []investigations.Endpoint{{Address: "10.0.0.1:80", Steps: steps}}},
		{Kind: investigations.EventCheck, Time: now, Step: "one", Check: &investigations.Check{ID: "connect", Probe: "tcp.connect", On: "lb", State: investigations.CheckRunning}},
		{Kind: investigations.EventCheck, Time: now, Step: "one", Check: &investigations.Check{ID: "connect", Probe: "tcp.connect", On: "lb",
			State: investigations.CheckDone, Facts: json.RawMessage(`{"refused":true}`)}},
		{Kind: investigations.EventStep, Time: now, Step: "one", Finding: &investigations.Step{Status: investigations.Problem, Headline: "refused"}},
		{Kind: investigations.EventEnded, Time: now, State: investigations.Concluded, Verdict: &investigations.Verdict{Kind: investigations.VerdictCause, Headline: "stopped"}},
	}
}

// TestApply holds what is kept against the same events applied in memory, each
// applied twice.
func TestApply(t *testing.T) {
	s, now := open(t)
	want := newInvestigation(*now, "web:80")
	create(t, s, want, "")
	for _, e := range run(want.ID, *now) {
		for range 2 {
			if err := s.Apply(want.ID, e); err != nil {
				t.Fatal(err)
			}
		}
		want.Apply(e)
		got, err := s.Investigation(want.ID)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(asJSON(t, want), asJSON(t, got)); diff != "" {
			t.Fatalf("after %s: (-want +got)\n%s", e.Kind, diff)
		}
	}
	if ids, err := s.Unfinished(); err != nil || len(ids) != 0 {
		t.Errorf("Unfinished = %v, %v; want none", ids, err)
	}
}

func asJSON(t *testing.T, v any) string {
	t.Helper()
	text, err := json.MarshalIndent(v, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestInvestigationsNewestFirst(t *testing.T) {
	s, now := open(t)
	var ids []string
	for i := range 6 {
		*now = now.Add(time.Second)
		ids = append(ids, create(t, s, newInvestigation(*now, fmt.Sprintf("web-%d:80", i%2)), ""))
	}
	tests := []struct {
		f    Filter
		want []string
	}{
		{Filter{}, []string{ids[5], ids[4], ids[3], ids[2], ids[1], ids[0]}},
		{Filter{Limit: 2}, []string{ids[5], ids[4]}},
		{Filter{Target: "web-1:80"}, []string{ids[5], ids[3], ids[1]}},
		{Filter{Before: ids[3]}, []string{ids[2], ids[1], ids[0]}},
		{Filter{Target: "web-1:80", Before: ids[3], Limit: 1}, []string{ids[1]}},
		{Filter{State: investigations.Failed}, nil},
		{Filter{Target: "web-1"}, nil},
	}
	for _, test := range tests {
		list, err := s.Investigations(test.f)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, inv := range list {
			got = append(got, inv.ID)
		}
		if !cmp.Equal(got, test.want) {
			t.Errorf("Investigations(%+v) = %v, want %v", test.f, got, test.want)
		}
	}
}

func TestDirtyGenerations(t *testing.T) {
	s, now := open(t)
	id := create(t, s, newInvestigation(*now, "web:80"), "")
	dirty, err := s.Dirty()
	if err != nil || len(dirty) != 1 || dirty[0].Subject != Subject(id) {
		t.Fatalf("Dirty after Create = %v, %v; want its subject", dirty, err)
	}
	if err := s.Apply(id, run(id, *now)[0]); err != nil {
		t.Fatal(err)
	}
	if err := s.Clean(dirty[0]); err != nil { // of before Apply
		t.Fatal(err)
	}
	again, err := s.Dirty()
	if err != nil || len(again) != 1 || again[0].Generation <= dirty[0].Generation {
		t.Fatalf("Dirty after a change and an old Clean = %v, %v; want a newer generation than %v", again, err, dirty)
	}
	if err := s.Clean(again[0]); err != nil {
		t.Fatal(err)
	}
	if left, _ := s.Dirty(); len(left) != 0 {
		t.Errorf("Dirty after Clean = %v, want none", left)
	}
}

func TestSilentIsNeverDirty(t *testing.T) {
	s, now := open(t)
	inv := newInvestigation(*now, "web:80")
	if _, _, err := s.Create(New{Investigation: inv, Silent: true}); err != nil {
		t.Fatal(err)
	}
	for _, e := range run(inv.ID, *now) {
		if err := s.Apply(inv.ID, e); err != nil {
			t.Fatal(err)
		}
	}
	if dirty, _ := s.Dirty(); len(dirty) != 0 {
		t.Errorf("Dirty = %v, want none of a silent investigation", dirty)
	}
}

func TestPostsOfOneSubject(t *testing.T) {
	s, _ := open(t)
	for _, subject := range []string{"inv/A", "inv/AB"} {
		if err := s.PutPost(subject, Post{Key: "parent", Channel: "C1", TS: subject, State: PostDone}); err != nil {
			t.Fatal(err)
		}
	}
	posts, err := s.Posts("inv/A")
	if err != nil || len(posts) != 1 || posts["parent"].TS != "inv/A" {
		t.Errorf("Posts = %v, %v; want its own alone", posts, err)
	}
	if err := s.DeletePost("inv/A", "parent"); err != nil {
		t.Fatal(err)
	}
	if posts, _ := s.Posts("inv/A"); len(posts) != 0 {
		t.Errorf("Posts after DeletePost = %v, want none", posts)
	}
}

func TestSeeForgetsInTime(t *testing.T) {
	s, now := open(t)
	for i, want := range []bool{true, false} {
		if first, err := s.See("e"); err != nil || first != want {
			t.Errorf("See the %d. time = %t, %v; want %t", i+1, first, err, want)
		}
	}
	*now = now.Add(seenFor)
	if first, err := s.See("e"); err != nil || !first {
		t.Errorf("See after %s = %t, %v; want true", seenFor, first, err)
	}
}

func TestRetain(t *testing.T) {
	s, now := open(t)
	end := func(id string) {
		events := run(id, *now)
		for _, e := range events {
			if err := s.Apply(id, e); err != nil {
				t.Fatal(err)
			}
		}
		if err := s.Clean(mustDirty(t, s, id)); err != nil {
			t.Fatal(err)
		}
	}
	old := create(t, s, newInvestigation(*now, "old:80"), "")
	end(old)
	running := create(t, s, newInvestigation(*now, "running:80"), "")
	*now = now.Add(48 * time.Hour)
	young := create(t, s, newInvestigation(*now, "young:80"), "")
	end(young)
	n, err := s.Retain(Retention{Age: 24 * time.Hour})
	if err != nil || n != 1 {
		t.Fatalf("Retain = %d, %v; want the old one alone", n, err)
	}
	for id, want := range map[string]bool{old: false, running: true, young: true} {
		if _, err := s.Investigation(id); errors.Is(err, ErrNotFound) == want {
			t.Errorf("Investigation(%s) = %v, kept want %t", id, err, want)
		}
	}
	if n, err := s.Retain(Retention{Size: 1}); err != nil || n != 1 {
		t.Errorf("Retain to one byte = %d, %v; want the ended one", n, err)
	}
}

func mustDirty(t *testing.T, s *Store, id string) Dirty {
	t.Helper()
	all, err := s.Dirty()
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range all {
		if d.Subject == Subject(id) {
			return d
		}
	}
	t.Fatalf("%s is not dirty", id)
	return Dirty{}
}

func TestBackup(t *testing.T) {
	s, now := open(t)
	id := create(t, s, newInvestigation(*now, "web:80"), "")
	path := filepath.Join(t.TempDir(), "copy.db")
	if err := s.Backup(path); err != nil {
		t.Fatal(err)
	}
	if err := s.Backup(path); err == nil {
		t.Error("Backup over a file = nil, want an error")
	}
	c, err := Open(path, Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if _, err := c.Investigation(id); err != nil {
		t.Errorf("Investigation in the copy: %v", err)
	}
}

func TestAuditNewestFirst(t *testing.T) {
	s, now := open(t)
	for i := range 3 {
		*now = now.Add(time.Second)
		if err := s.Audit(AuditLine{Who: "U1", Did: "diagnose", What: fmt.Sprint(i)}); err != nil {
			t.Fatal(err)
		}
	}
	lines, err := s.AuditLines(2)
	if err != nil || len(lines) != 2 || lines[0].What != "2" {
		t.Errorf("AuditLines(2) = %v, %v; want the newest two", lines, err)
	}
}

// TestRecordsKeepTheirForm holds the bytes of each kind of record: a file of
// today must be readable for ever.
func TestRecordsKeepTheirForm(t *testing.T) {
	at := time.Date(2026, 11, 30, 12, 0, 0, 0, time.UTC)
	tests := []struct {
		record any
		want   string
	}{
		{header{V: 1, ID: "I", Target: "t", Plan: "p", State: "running", Started: at},
			`{"v":1,"id":"I","target":"t","plan":"p","trigger":{"kind":""},"state":"running","started":"2026-11-30T12:00:00Z"}`},
		{checkRecord{V: 1, Step: "s", Check: investigations.Check{ID: "c", Probe: "p", On: "lb", State: "done"}},
			`{"v":1,"endpoint":0,"step":"s","check":{"id":"c","probe":"p","on":"lb","state":"done"}}`},
		{Post{V: 1, Key: "parent", Team: "T", Channel: "C", TS: "1.2", Hash: "h", State: PostDone, At: at},
			`{"v":1,"key":"parent","team":"T","channel":"C","ts":"1.2","hash":"h","state":"done","at":"2026-11-30T12:00:00Z"}`},
		{dirtyRecord{V: 2, Generation: 7}, `{"v":2,"generation":7}`},
		{valueRecord{V: 2, Value: []byte("1")}, `{"v":2,"value":"MQ=="}`},
		{seenRecord{V: 1, At: at, Made: "I"}, `{"v":1,"at":"2026-11-30T12:00:00Z","made":"I"}`},
		{AuditLine{V: 1, At: at, Who: "U", Did: "d", What: "w"}, `{"v":1,"at":"2026-11-30T12:00:00Z","who":"U","did":"d","what":"w"}`},
	}
	for _, test := range tests {
		got, err := json.Marshal(test.record)
		if err != nil || string(got) != test.want {
			t.Errorf("%T =\n %s, want\n %s (%v)", test.record, got, test.want, err)
		}
	}
}

func BenchmarkCreate(b *testing.B) {
	s, err := Open(filepath.Join(b.TempDir(), "plexor.db"), Options{})
	if err != nil {
		b.Fatal(err)
	}
	defer s.Close()
	b.SetParallelism(64)
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			if _, _, err := s.Create(New{Investigation: newInvestigation(time.Now(), "web:80")}); err != nil {
				b.Error(err)
			}
		}
	})
}

func BenchmarkApply(b *testing.B) {
	s, err := Open(filepath.Join(b.TempDir(), "plexor.db"), Options{})
	if err != nil {
		b.Fatal(err)
	}
	defer s.Close()
	inv := newInvestigation(time.Now(), "web:80")
	if _, _, err := s.Create(New{Investigation: inv}); err != nil {
		b.Fatal(err)
	}
	e := run(inv.ID, time.Now())[2]
	for b.Loop() {
		if err := s.Apply(inv.ID, e); err != nil {
			b.Fatal(err)
		}
	}
}
