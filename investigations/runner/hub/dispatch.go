package hub

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nuid"
	"github.com/plexorbot/plexor/investigations"
	"github.com/plexorbot/plexor/investigations/runner"
)

// Errors of Probe: no runner answered.
var (
	ErrUnknown  = errors.New("no such runner")
	ErrLost     = errors.New("runner is lost")
	ErrDeadline = errors.New("runner did not answer in time")
)

// transit is what a question and its answer may take on their way, beside the
// probe's own timeout.
const transit = time.Second

// defaultTimeout is the timeout of a probe whose request names none.
const defaultTimeout = 10 * time.Second

// question is a probe in flight.
type question struct {
	runner  string
	request investigations.Request
	asked   time.Time
	frames  chan runner.Frame // armed, then answer
	gone    chan string       // why no answer will come

	finished bool // finish was sent; Hub.mu guards it
}

// Probe carries a probe to a runner and waits for its answer: until the probe's
// timeout and a second, until the runner is known to be gone, or until ctx ends.
// The error wraps ErrUnknown, ErrLost, ErrDeadline or the context's.
func (h *Hub) Probe(ctx context.Context, name string, r investigations.Request) (investigations.Answer, error) {
	if r.Timeout <= 0 {
		r.Timeout = defaultTimeout
	}
	id := nuid.Next()
	q, err := h.ask(name, id, r)
	if err != nil {
		return investigations.Answer{}, err
	}
	defer h.forget(id)
	ask := h.about(id, r, runner.KindProbe)
	ask.Probe = &runner.Probe{
		Name: r.Probe, Args: r.Args, TimeoutMS: max(1, r.Timeout.Milliseconds()), Watch: r.Armed != nil || r.Finish != nil,
	}
	if err := h.send(name, ask); err != nil {
		return investigations.Answer{}, fmt.Errorf("ask runner %s for %s: %w", name, r.Probe, err)
	}
	answer, err := h.wait(ctx, id, q)
	if errors.Is(err, ErrDeadline) || ctx.Err() != nil {
		h.send(name, h.about(id, r, runner.KindCancel))
	}
	return answer, err
}

// ask notes a question, if its runner is here.
func (h *Hub) ask(name, id string, r investigations.Request) (*question, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	now := h.config.Now()
	known := h.records[name]
	if known == nil || known.Key == "" {
		return nil, fmt.Errorf("runner %s: %w", name, ErrUnknown)
	}
	if p := h.here[name]; !p.alive(now) {
		return nil, fmt.Errorf("%w: %s is not connected%s", ErrLost, name, lastSeen(known, p, now))
	}
	q := &question{runner: name, request: r, asked: now, frames: make(chan runner.Frame, 2), gone: make(chan string, 1)}
	h.asked[id] = q
	return q, nil
}

func lastSeen(r *record, p *presence, now time.Time) string {
	seen := r.Seen
	if p != nil && !p.seen.IsZero() {
		seen = p.seen
	}
	if seen.IsZero() {
		return ""
	}
	return fmt.Sprintf(", last seen %s ago", now.Sub(seen).Round(time.Second))
}

// wait waits for the end of a question, and passes on what happens before it.
func (h *Hub) wait(ctx context.Context, id string, q *question) (investigations.Answer, error) {
	timeout := time.NewTimer(q.request.Timeout + transit)
	defer timeout.Stop()
	finish := q.request.Finish
	for {
		select {
		case f := <-q.frames:
			if f.Kind == runner.KindAnswer {
				return answerOf(f), nil
			}
			if q.request.Armed != nil {
				q.request.Armed()
			}
		case <-finish:
			finish = nil
			h.mu.Lock()
			q.finished = true
			h.mu.Unlock()
			h.send(q.runner, h.about(id, q.request, runner.KindFinish))
		case why := <-q.gone:
			return investigations.Answer{}, fmt.Errorf("%w: %s %s", ErrLost, q.runner, why)
		case <-timeout.C:
			return investigations.Answer{}, fmt.Errorf("%s on %s: %w (%s)", q.request.Probe, q.runner, ErrDeadline, q.request.Timeout)
		case <-ctx.Done():
			return investigations.Answer{}, fmt.Errorf("%s on %s: %w", q.request.Probe, q.runner, ctx.Err())
		case <-h.ctx.Done():
			return investigations.Answer{}, fmt.Errorf("%s on %s: the bot is stopping: %w", q.request.Probe, q.runner, context.Canceled)
		}
	}
}

// finishAgain repeats finish to a runner that has a new connection: what was sent
// into the old one may be lost.
func (h *Hub) finishAgain(name string) {
	var frames []runner.Frame
	h.mu.Lock()
	for id, q := range h.asked {
		if q.runner == name && q.finished {
			frames = append(frames, h.about(id, q.request, runner.KindFinish))
		}
	}
	h.mu.Unlock()
	for _, f := range frames {
		h.send(name, f)
	}
}

func answerOf(f runner.Frame) investigations.Answer {
	return investigations.Answer{
		Facts: f.Answer.Facts, Error: f.Answer.Error,
		Started: f.Answer.Started, Took: time.Duration(f.Answer.TookUS) * time.Microsecond,
	}
}

// about is a frame about a question.
func (h *Hub) about(id string, r investigations.Request, k runner.Kind) runner.Frame {
	return runner.Frame{Kind: k, ID: id, Investigation: r.Investigation, Check: r.Check}
}

// forget ends a question; what still comes for it is late, not wrong.
func (h *Hub) forget(id string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if q := h.asked[id]; q != nil {
		delete(h.asked, id)
		h.ended.add(q.runner + " " + id)
	}
}

// abandon ends all questions to a runner, which will not answer; h.mu is held.
func (h *Hub) abandon(name, why string) {
	for _, q := range h.asked {
		if q.runner != name {
			continue
		}
		select {
		case q.gone <- why:
		default:
		}
	}
}

// onAnswer takes armed and answer frames. Only the runner that was asked answers,
// and only for the check that it was asked for.
func (h *Hub) onAnswer(name string, f runner.Frame) {
	h.mu.Lock()
	q := h.asked[f.ID]
	late := q == nil && h.ended.has(name+" "+f.ID)
	ok := q != nil && q.runner == name && q.request.Investigation == f.Investigation && q.request.Check == f.Check
	if ok {
		p := h.presence(name)
		now := h.config.Now()
		p.seen = now
		if f.Answer != nil {
			p.clock.measure(q.asked, f.Answer.Received, f.Clock, now)
		}
		select {
		case q.frames <- f:
		default:
			ok = false
		}
	}
	h.mu.Unlock()
	if !ok && !late {
		size := 0
		if f.Answer != nil {
			size = len(f.Answer.Facts)
		}
		h.offend(name, NotAsked, fmt.Sprintf("%s for check %.40q of investigation %.40q", f.Kind, f.Check, f.Investigation), size)
	}
}

// recent remembers the last few ids.
type recent struct {
	ring [4096]string
	next int
	set  map[string]bool
}

func (r *recent) add(id string) {
	if r.set == nil {
		r.set = map[string]bool{}
	}
	delete(r.set, r.ring[r.next])
	r.ring[r.next], r.set[id] = id, true
	r.next = (r.next + 1) % len(r.ring)
}

func (r *recent) has(id string) bool { return r.set[id] }
