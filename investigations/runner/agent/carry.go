package agent

import (
	"context"
	"fmt"
	"runtime/debug"
	"sync"
	"time"

	"github.com/plexorbot/plexor/investigations"
	"github.com/plexorbot/plexor/investigations/runner"
)

// task is one probe that is being carried out.
type task struct {
	cancel context.CancelFunc
	finish chan struct{}
	done   sync.Once // closes finish
}

// maxTasks is how many requests may wait or run; the next are refused at once.
const maxTasks = 1024

// begin starts what a probe frame asks for; life is the agent's.
func (a *Agent) begin(life context.Context, f runner.Frame) {
	received := time.Now()
	ctx, cancel := context.WithTimeout(life, time.Duration(f.Probe.TimeoutMS)*time.Millisecond)
	t := &task{cancel: cancel, finish: make(chan struct{})}
	why := a.take(f.ID, t)
	if why == stopping || why == twice {
		cancel()
		a.log.Warn("dropped a request", "why", string(why), "investigation", f.Investigation, "check", f.Check)
		return
	}
	go func() {
		defer a.wg.Done()
		defer cancel()
		if why == full {
			a.answer(life, f, received, investigations.Answer{Started: received, Error: string(full)})
			return
		}
		defer a.end(f.ID)
		a.answer(life, f, received, a.Carry(ctx, a.request(ctx, f, t)))
	}()
}

// reason is why a request is not carried out.
type reason string

const (
	stopping reason = "the runner is stopping"
	twice    reason = "it came twice"
	full     reason = "the runner has too much to do"
)

// take notes a task, and that Run waits for it unless the reason says that there
// is none.
func (a *Agent) take(id string, t *task) reason {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.stopped {
		return stopping
	}
	if a.tasks[id] != nil {
		return twice
	}
	a.wg.Add(1)
	if len(a.tasks) >= maxTasks {
		return full
	}
	a.tasks[id] = t
	return ""
}

// request is what a frame asks for, in the words of investigations.
func (a *Agent) request(ctx context.Context, f runner.Frame, t *task) investigations.Request {
	r := investigations.Request{
		Investigation: f.Investigation, Check: f.Check, Probe: f.Probe.Name, Args: f.Probe.Args,
		Timeout: time.Duration(f.Probe.TimeoutMS) * time.Millisecond,
	}
	if f.Probe.Watch {
		r.Finish = t.finish
		r.Armed = func() {
			armed := runner.Frame{Kind: runner.KindArmed, ID: f.ID, Investigation: f.Investigation, Check: f.Check}
			if err := a.send(ctx, runner.TopicAnswer, armed); err != nil {
				a.log.Warn("could not say that a watch is armed", "investigation", f.Investigation, "check", f.Check, "error", err)
			}
		}
	}
	return r
}

// answerWait is how long an answer waits for a connection after its probe's time
// is over.
const answerWait = time.Second

// answer sends an answer; one that is too large becomes an error.
func (a *Agent) answer(life context.Context, f runner.Frame, received time.Time, answer investigations.Answer) {
	ctx, cancel := context.WithDeadline(life, received.Add(time.Duration(f.Probe.TimeoutMS)*time.Millisecond+answerWait))
	defer cancel()
	reply := runner.Frame{Kind: runner.KindAnswer, ID: f.ID, Investigation: f.Investigation, Check: f.Check, Answer: &runner.Answer{
		Facts: answer.Facts, Error: clip(answer.Error), Received: received, Started: answer.Started, TookUS: answer.Took.Microseconds(),
	}}
	if _, err := runner.Encode(reply); err != nil {
		reply.Answer.Facts, reply.Answer.Error = nil, clip("the facts cannot be sent: "+err.Error())
	}
	if err := a.send(ctx, runner.TopicAnswer, reply); err != nil {
		a.log.Warn("an answer was not sent", "investigation", f.Investigation, "check", f.Check, "error", err)
	}
}

// maxError is the longest error text of an answer, in bytes.
const maxError = 1024

func clip(s string) string {
	if len(s) > maxError {
		return s[:maxError] + "…"
	}
	return s
}

// Carry carries out one request as the policy allows: in its turn, by its
// deadline, safe against a panic, with a line in the audit. It needs no
// connection.
func (a *Agent) Carry(ctx context.Context, r investigations.Request) investigations.Answer {
	started := time.Now()
	answer := investigations.Answer{Started: started}
	verdict := "allowed"
	if err := a.config.Policy.Allow(r); err != nil {
		verdict, answer.Error = "refused", err.Error()
	} else {
		answer = a.inTurn(ctx, r)
	}
	if answer.Took == 0 {
		answer.Took = time.Since(started)
	}
	a.audit(r, verdict, answer)
	a.log.Debug("probe", "investigation", r.Investigation, "check", r.Check, "probe", r.Probe,
		"verdict", verdict, "took", answer.Took, "error", answer.Error)
	return answer
}

// inTurn waits for a slot, and for the probe, until ctx ends. A probe that does
// not end with its context keeps its slot.
func (a *Agent) inTurn(ctx context.Context, r investigations.Request) investigations.Answer {
	started := time.Now()
	select {
	case a.slots <- struct{}{}:
	case <-ctx.Done():
		return investigations.Answer{Started: started, Error: "the runner was busy until the deadline"}
	}
	done := make(chan investigations.Answer, 1)
	go func() {
		defer func() { <-a.slots }()
		done <- a.safely(ctx, r)
	}()
	select {
	case answer := <-done:
		return answer
	case <-ctx.Done():
	}
	select { // it may be about to say what it knows
	case answer := <-done:
		return answer
	case <-time.After(lastWord):
		return investigations.Answer{Started: started, Error: r.Probe + " did not end by its deadline"}
	}
}

// lastWord is how long a probe has after its deadline to say what it knows.
const lastWord = 200 * time.Millisecond

// safely makes a failed probe of a panic.
func (a *Agent) safely(ctx context.Context, r investigations.Request) (answer investigations.Answer) {
	started := time.Now()
	defer func() {
		if p := recover(); p != nil {
			a.log.Error("probe panicked", "investigation", r.Investigation, "check", r.Check, "probe", r.Probe,
				"panic", p, "stack", string(debug.Stack()))
			answer = investigations.Answer{Started: started, Error: clip(fmt.Sprintf("%s panicked: %v", r.Probe, p))}
		}
	}()
	return a.config.Prober.Probe(ctx, r)
}

func (a *Agent) end(id string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	delete(a.tasks, id)
}

// finish tells a watch that it has seen enough.
func (a *Agent) finish(id string) {
	a.mu.Lock()
	t := a.tasks[id]
	a.mu.Unlock()
	if t != nil {
		t.done.Do(func() { close(t.finish) })
	}
}

// cancel ends a probe for whose answer nobody waits.
func (a *Agent) cancel(id string) {
	a.mu.Lock()
	t := a.tasks[id]
	a.mu.Unlock()
	if t != nil {
		t.cancel()
	}
}
