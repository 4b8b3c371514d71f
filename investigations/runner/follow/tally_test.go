package follow

import (
	"errors"
	"fmt"
	"testing"
	"time"
)

func TestTally(t *testing.T) {
	now := time.Now()
	ty := newTally()
	f := &feed{source: Source{Program: "p"}, tally: ty, now: now}
	f.keep(place{Offset: 1})
	at := func(want int64) {
		t.Helper()
		if p, known := ty.place(f); !known || p.Offset != want {
			t.Errorf("place = %+v, %v, want %d", p, known, want)
		}
	}
	add := func(key, line string, at time.Duration) { f.now = now.Add(at); ty.add(key, f, []byte(line)) }
	next := func(at time.Duration, wantKey, wantLine string, wantCount int) Raised {
		t.Helper()
		key, r, wait := ty.next(now.Add(at))
		if key != wantKey || r.Line != wantLine || r.Count != wantCount || (wait == 0) != (key != "") {
			t.Errorf("at %s next = %q, %+v, %s; want %q, %q, %d", at, key, r, wait, wantKey, wantLine, wantCount)
		}
		return r
	}
	next(0, "", "", 0)
	add("a", "one", 0)
	f.keep(place{Offset: 2})
	at(1)
	r := next(0, "a", "one", 1)
	add("a", "two", 10*time.Millisecond)
	add("b", "other", 20*time.Millisecond)
	next(20*time.Millisecond, "b", "other", 1)
	add("a", "three", 30*time.Millisecond)
	next(2*window, "", "", 0) // a is still being raised
	ty.done("a", r, nil)
	at(2)
	ty.done("b", Raised{}, nil)
	f.keep(place{Offset: 3})
	at(3)
	next(window-1, "", "", 0)
	r = next(window, "a", "two", 2)
	add("a", "four", window)
	ty.done("a", r, errors.New("away"))
	next(window, "", "", 0)
	next(2*again, "a", "two", 3)
	ty.done("a", r, nil)
	next(4*again, "", "", 0)
	if len(ty.entries) != 0 {
		t.Errorf("what is over is kept: %v", ty.entries)
	}
}

func TestTallyBounded(t *testing.T) {
	ty := newTally()
	f := &feed{source: Source{Program: "p"}, now: time.Now()}
	for i := range maxKeys + 7 {
		ty.add(fmt.Sprint(i), f, []byte("x"))
	}
	if n := ty.forgotten(); n != 7 || len(ty.entries) != maxKeys {
		t.Errorf("%d are kept, %d forgotten, want %d and 7", len(ty.entries), n, maxKeys)
	}
}

func TestSieve(t *testing.T) {
	var s sieve
	at := time.Now()
	s.tick(at)
	passed, total := 0, 0
	const rate, ticks = 10 * sieveRate, 50 // a second
	for i := range 30 * ticks {
		at = at.Add(time.Second / ticks)
		s.tick(at)
		for range rate / ticks {
			total++
			if s.pass() {
				passed++
			}
		}
		if i == 29*ticks && (!s.sampling() || s.stride < 2) {
			t.Errorf("after 29 s of ten times the rate: sampling %v, one of %d", s.sampling(), s.stride)
		}
	}
	if most := sieveBurst + 30*sieveRate; passed > most || passed < most/2 {
		t.Errorf("passed %d of %d, want at most %d and at least half of that", passed, total, most)
	}
	for range 10 { // quiet again
		at = at.Add(time.Second)
		s.tick(at)
	}
	if s.sampling() || !s.pass() || !s.pass() {
		t.Error("still sampling after ten quiet seconds")
	}
}

func TestPacer(t *testing.T) {
	now := time.Now()
	p := pacer{left: raiseBurst, at: now}
	for i := range 10 * raiseRate {
		for wait := p.wait(now); wait > 0; wait = p.wait(now) {
			now = now.Add(wait)
		}
		p.left--
		if most := time.Duration(i+1-raiseBurst) * time.Second / raiseRate; now.Sub(p.at) > 0 || i > raiseBurst && most < 0 {
			t.Fatal("time went back")
		}
	}
	if now.Sub(p.at) != 0 {
		t.Errorf("the pacer is at %s, want %s", p.at, now)
	}
}
