package investigations

import (
	"maps"
	"slices"
	"strings"
	"sync"
)

// Group knows which investigations are under way, so that a second request for
// the same one joins the first. The zero value is ready; it is safe for
// concurrent use.
type Group struct {
	mu      sync.Mutex
	running map[string]string // key -> id
}

// Key names what is investigated: equal keys give equal investigations.
func Key(t Target, plan string, inputs map[string]string) string {
	parts := []string{plan, t.Text}
	for _, name := range slices.Sorted(maps.Keys(inputs)) {
		parts = append(parts, name, inputs[name])
	}
	return strings.Join(parts, "\x00")
}

// Start says that the investigation of this id begins, unless one of the same
// key is under way: then it gives that one's id, and joined is true.
func (g *Group) Start(key, id string) (running string, joined bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if running, joined = g.running[key]; joined {
		return running, true
	}
	if g.running == nil {
		g.running = map[string]string{}
	}
	g.running[key] = id
	return id, false
}

// End says that the investigation of this id has ended. An id that another
// has taken the key from changes nothing.
func (g *Group) End(key, id string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.running[key] == id {
		delete(g.running, key)
	}
}
