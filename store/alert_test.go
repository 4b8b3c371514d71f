package store

import (
	"encoding/json"
	"errors"
	"path/filepath"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/plexorbot/plexor/investigations"
)

// TestEncodeAlert decodes what is encoded by hand, with every field set.
func TestEncodeAlert(t *testing.T) {
	at := time.Date(2026, 11, 30, 10, 0, 0, 123, time.UTC)
	full := Alert{
		V: 1, Seq: 7, Fingerprint: "f\"\\\n<é>\xff", Source: "generic", Title: "t", Severity: "critical", Link: "https://x", Route: "r",
		Labels: map[string]string{"a\"": "b\x00", "c": "d"}, Targets: []string{"a:1", "é:2"}, Why: "w", Firing: true, Muted: true,
		Trouble: "T", Count: 3, First: at, Last: at.Add(time.Hour), Keys: []uint64{1, 1 << 63},
	}
	v := reflect.ValueOf(full)
	for i := range v.NumField() {
		if v.Field(i).IsZero() {
			t.Errorf("the test leaves out %s", v.Type().Field(i).Name)
		}
	}
	for _, want := range []Alert{full, {Targets: []string{}, First: at, Last: at}} {
		text := encodeAlert(want)
		var got, viaJSON Alert
		if err := json.Unmarshal(text, &got); err != nil {
			t.Fatalf("encodeAlert = %s: %v", text, err)
		}
		plain, _ := json.Marshal(want)
		json.Unmarshal(plain, &viaJSON)
		if !reflect.DeepEqual(got, viaJSON) {
			t.Errorf("encodeAlert = %s, want what json.Marshal gives: %s", text, plain)
		}
	}
}

func TestChangeAlerts(t *testing.T) {
	s, err := Open(filepath.Join(t.TempDir(), "plexor.db"), Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	now := time.Now().UTC()
	inv := investigations.Investigation{ID: investigations.NewID(now), Target: "a:1", State: investigations.Running, Started: now}
	tr := Trouble{ID: investigations.NewID(now), Begun: now, Last: now}
	err = s.ChangeAlerts(AlertChange{
		Alerts: []Alert{{Seq: 1, First: now, Last: now}, {Seq: 2, First: now, Last: now}}, Forget: []uint64{1}, Troubles: []Trouble{tr},
		Start: []New{{Investigation: inv, Silent: true, Follower: AlertSubject(tr.ID)}}, Mutes: []Mute{{ID: "m"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Alert(1); !errors.Is(err, ErrNotFound) {
		t.Errorf("Alert(1) = %v, want that it is forgotten", err)
	}
	if _, err := s.Alert(2); err != nil {
		t.Error(err)
	}
	if got, err := s.Followers(inv.ID); err != nil || !slices.Equal(got, []string{AlertSubject(tr.ID)}) {
		t.Errorf("Followers = %v, %v; want the thread of the alert", got, err)
	}
	// What the investigation learns marks the thread that follows it, and none of its own.
	if err := s.Apply(inv.ID, investigations.Event{Kind: investigations.EventEnded, State: investigations.Concluded, Time: now}); err != nil {
		t.Fatal(err)
	}
	err = s.ChangeAlerts(AlertChange{Alerts: []Alert{{Seq: 3, Firing: true, Keys: []uint64{7}, First: now, Last: now}}, Ended: []uint64{3, 99}})
	if a, readErr := s.Alert(3); err != nil || readErr != nil || a.Firing || a.Keys != nil {
		t.Errorf("Alert(3) = %+v, %v, %v; want that it has ended and no delivery is known", a, err, readErr)
	}
	dirty, err := s.Dirty()
	if err != nil || len(dirty) != 1 || dirty[0].Subject != AlertSubject(tr.ID) {
		t.Errorf("dirty = %v, %v; want %s alone", dirty, err, AlertSubject(tr.ID))
	}
	if mutes, err := s.Mutes(); err != nil || len(mutes) != 1 {
		t.Errorf("mutes = %v, %v; want one", mutes, err)
	}
}

// TestRetainTroubles deletes old troubles, whatever their state, with their posts.
func TestRetainTroubles(t *testing.T) {
	now := time.Now()
	s, err := Open(filepath.Join(t.TempDir(), "plexor.db"), Options{Now: func() time.Time { return now }})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	old := Trouble{ID: investigations.NewID(now.Add(-100 * time.Hour)), Closed: true}
	young := Trouble{ID: investigations.NewID(now)}
	if err := s.ChangeAlerts(AlertChange{Troubles: []Trouble{old, young}}); err != nil {
		t.Fatal(err)
	}
	if err := s.PutPost(AlertSubject(old.ID), Post{Key: "parent"}); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Retain(Retention{Age: 90 * time.Hour}); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Trouble(old.ID); !errors.Is(err, ErrNotFound) {
		t.Errorf("Trouble(old) = %v, want that it is gone", err)
	}
	if posts, err := s.Posts(AlertSubject(old.ID)); err != nil || len(posts) != 0 {
		t.Errorf("posts = %v, %v; want none", posts, err)
	}
	if _, err := s.Trouble(young.ID); err != nil {
		t.Error(err)
	}
}
