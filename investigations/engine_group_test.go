package investigations_test

import (
	"strconv"
	"sync"
	"testing"

	"github.com/plexorbot/plexor/investigations"
)

func TestGroup(t *testing.T) {
	var g investigations.Group
	if id, joined := g.Start("k", "1"); id != "1" || joined {
		t.Errorf("Start(k, 1) = %s, %v, want 1, false", id, joined)
	}
	if id, joined := g.Start("k", "2"); id != "1" || !joined {
		t.Errorf("Start(k, 2) = %s, %v, want to join 1", id, joined)
	}
	g.End("k", "2") // not the one that runs
	if _, joined := g.Start("k", "3"); !joined {
		t.Error("Start(k, 3) began, want it to join: 1 still runs")
	}
	g.End("k", "1")
	if id, joined := g.Start("k", "4"); id != "4" || joined {
		t.Errorf("Start(k, 4) = %s, %v after the end of 1, want 4, false", id, joined)
	}
}

func TestGroupStartsOne(t *testing.T) {
	var g investigations.Group
	var wg sync.WaitGroup
	began := make(chan string, 50)
	for i := range 50 {
		wg.Go(func() {
			if id, joined := g.Start("k", strconv.Itoa(i)); !joined {
				began <- id
			}
		})
	}
	wg.Wait()
	if len(began) != 1 {
		t.Errorf("%d of 50 requests began, want 1", len(began))
	}
}

func TestKey(t *testing.T) {
	target := func(s string) investigations.Target {
		parsed, err := investigations.ParseTarget(s)
		if err != nil {
			t.Fatal(err)
		}
		return parsed
	}
	base := investigations.Key(target("127.1:80"), "p", map[string]string{"a": "1", "b": "2"})
	if same := investigations.Key(target("2130706433:80"), "p", map[string]string{"b": "2", "a": "1"}); same != base {
		t.Errorf("Key = %q and %q for two spellings of one thing", base, same)
	}
	for _, other := range []string{
		investigations.Key(target("127.1:81"), "p", map[string]string{"a": "1", "b": "2"}),
		investigations.Key(target("127.1:80"), "q", map[string]string{"a": "1", "b": "2"}),
		investigations.Key(target("127.1:80"), "p", map[string]string{"a": "1", "b": "3"}),
		investigations.Key(target("127.1:80"), "p", nil),
	} {
		if other == base {
			t.Errorf("Key = %q for two different things", base)
		}
	}
}
