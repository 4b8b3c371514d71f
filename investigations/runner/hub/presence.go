package hub

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/plexorbot/plexor/investigations"
	"github.com/plexorbot/plexor/investigations/runner"
)

// presence is what the hub knows of a runner since the bot started.
type presence struct {
	conns    map[uint64]bool // its open connections, by the server's id
	greeted  bool            // it said hello on its newest connection
	process  string          // id of the runner's process, from hello; empty before
	hello    runner.Hello
	claims   map[string]time.Time // address -> since when it announces it
	seen     time.Time            // last sign of life
	clock    clock
	leaving  *time.Timer // ends its checks unless it is back
	arrivals budget      // of what it says unasked
	patience budget      // with what it should not send
	barred   time.Time   // it is cut off until then
}

// presence returns what is known of a runner, empty where it is new; h.mu is
// held.
func (h *Hub) presence(name string) *presence {
	p := h.here[name]
	if p == nil {
		p = &presence{conns: map[uint64]bool{}, claims: map[string]time.Time{}}
		h.here[name] = p
	}
	return p
}

// connected notes a connection and returns the ids of the others; with 0 it
// notes none.
func (p *presence) connected(id uint64) (others []uint64) {
	for other := range p.conns {
		if other != id {
			others = append(others, other)
		}
	}
	if id != 0 {
		p.conns[id] = true
		p.greeted = false
	}
	return others
}

// missed is how many pulses a runner may miss before it is lost.
const missed = 3

// alive reports whether a runner is here: it said hello on a connection that is
// open, and has not missed its pulses.
func (p *presence) alive(now time.Time) bool {
	if p == nil || !p.greeted || len(p.conns) == 0 {
		return false
	}
	pulse := time.Duration(p.hello.PulseMS) * time.Millisecond
	return now.Sub(p.seen) <= missed*pulse+pulse/2
}

// onHello notes who a runner is, and tells it what it lacks.
func (h *Hub) onHello(name string, f runner.Frame) {
	h.mu.Lock()
	r := h.records[name]
	if r == nil { // revoked a moment ago
		h.mu.Unlock()
		return
	}
	now := h.config.Now()
	p := h.presence(name)
	if p.process != "" && p.process != f.ID {
		h.abandon(name, "was restarted")
	}
	fresh := !p.alive(now)
	p.greeted, p.process, p.hello, p.seen = true, f.ID, *f.Hello, now
	p.stay()
	p.clock.hint(f.Clock.Sub(now))
	p.claim(now, r)
	refused := h.conflicts(name, now)
	h.keepHello(r, p, refused, now)
	h.mu.Unlock()
	for a, why := range refused {
		h.audit(name, AddressConflict, a+" "+why)
	}
	if fresh {
		h.log.Info("runner is here", "runner", name, "host", f.Hello.Host, "version", f.Hello.Version)
	}
	h.send(name, runner.Frame{Kind: runner.KindWelcome, Welcome: &runner.Welcome{
		Version: h.config.Version, Lacks: h.lacks(*f.Hello), Refused: refused,
	}})
	h.finishAgain(name)
}

// keepHello writes down who a runner said it is, without what was refused, so
// that after a restart of the bot a runner that stays away is still known by its
// addresses; h.mu is held.
func (h *Hub) keepHello(r *record, p *presence, refused map[string]string, now time.Time) {
	hello := p.hello
	hello.Addresses = slices.DeleteFunc(slices.Clone(hello.Addresses), func(a string) bool { return refused[a] != "" })
	next := *r
	next.Hello, next.Seen, next.Lost = &hello, now, time.Time{}
	was, _ := json.Marshal(r.Hello)
	is, _ := json.Marshal(next.Hello)
	if string(was) == string(is) && r.Lost.IsZero() {
		r.Seen = now
		return
	}
	if err := h.put(&next); err != nil {
		h.log.Error("what a runner said of itself was not kept", "runner", r.Name, "error", err)
	}
	h.records[r.Name] = &next
}

// lacks is what a runner says that its probes lack, and the probes of the bot's
// plans that it does not have.
func (h *Hub) lacks(hello runner.Hello) map[string]string {
	lacks := map[string]string{}
	maps.Copy(lacks, hello.Lacks)
	for _, probe := range h.config.Probes {
		if slices.Contains(hello.Probes, probe) {
			continue
		}
		if lacks[probe] == "" {
			lacks[probe] = fmt.Sprintf("plexor-runner %s does not know it: upgrade to %s", hello.Version, h.config.Version)
		}
	}
	return lacks
}

// onPulse notes that a runner lives.
func (h *Hub) onPulse(name string, f runner.Frame) {
	h.mu.Lock()
	p := h.presence(name)
	known := p.greeted && p.process == f.ID
	if known {
		now := h.config.Now()
		p.seen = now
		p.stay()
		p.clock.hint(f.Clock.Sub(now))
	}
	h.mu.Unlock()
	if !known {
		h.send(name, runner.Frame{Kind: runner.KindAnnounce})
	}
}

// onDisconnect hears from the server that a connection ended.
func (h *Hub) onDisconnect(m *nats.Msg) {
	var e server.DisconnectEventMsg
	if err := json.Unmarshal(m.Data, &e); err != nil {
		h.log.Warn("the server's word on a connection cannot be read", "error", err)
		return
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	for name, p := range h.here {
		if !p.conns[e.Client.ID] {
			continue
		}
		delete(p.conns, e.Client.ID)
		if len(p.conns) > 0 {
			return
		}
		p.greeted = false
		h.log.Info("runner's connection ended", "runner", name, "reason", e.Reason)
		if e.Reason == server.MaxPayloadExceeded.String() {
			h.wg.Go(func() { h.audit(name, TooMuch, "a message over the limit") })
		}
		h.leave(name, p)
		return
	}
}

// leave ends the checks of a runner whose connection broke, unless the same
// process is back within the grace; h.mu is held.
func (h *Hub) leave(name string, p *presence) {
	p.stay()
	p.leaving = time.AfterFunc(h.config.Grace, func() {
		h.mu.Lock()
		defer h.mu.Unlock()
		if h.here[name] == p && !p.greeted {
			h.abandon(name, "lost its connection")
			h.keepLost(name)
		}
	})
}

// stay takes back what leave began.
func (p *presence) stay() {
	if p.leaving != nil {
		p.leaving.Stop()
		p.leaving = nil
	}
}

// sweep ends the checks of runners that fell silent on an open connection.
func (h *Hub) sweep() {
	tick := time.NewTicker(500 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case <-h.ctx.Done():
			return
		case <-tick.C:
		}
		h.mu.Lock()
		now := h.config.Now()
		for name, p := range h.here {
			if p.greeted && !p.alive(now) {
				h.abandon(name, "fell silent")
				h.keepLost(name)
			}
		}
		h.stayedAway(now)
		h.mu.Unlock()
	}
}

// Runners returns the runners that joined, by name: those that are here, and the
// lost ones with what they last said of themselves.
func (h *Hub) Runners(context.Context) ([]investigations.Runner, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	now := h.config.Now()
	var all []investigations.Runner
	for _, name := range slices.Sorted(maps.Keys(h.records)) {
		r := h.records[name]
		if r.Key == "" {
			continue
		}
		all = append(all, h.describe(r, h.here[name], now))
	}
	return all, nil
}

func (h *Hub) describe(r *record, p *presence, now time.Time) investigations.Runner {
	d := investigations.Runner{Name: r.Name, Labels: maps.Clone(r.Labels), Seen: r.Seen}
	if r.Hello != nil {
		d.Addresses = slices.Clone(r.Hello.Addresses)
		d.Host, d.OS, d.Version = r.Hello.Host, r.Hello.OS, r.Hello.Version
		d.Probes = slices.Clone(r.Hello.Probes)
		d.Lacks = maps.Clone(r.Hello.Lacks)
	}
	if p == nil || p.process == "" {
		d.Awaited = h.awaited(r, now)
		return d
	}
	d.Alive, d.Seen, d.Offset = p.alive(now), p.seen, p.clock.offset
	d.Lacks = h.lacks(p.hello)
	if d.Alive {
		refused := h.conflicts(r.Name, now)
		d.Addresses = slices.DeleteFunc(slices.Clone(p.hello.Addresses), func(a string) bool { return refused[a] != "" })
	}
	return d
}
