package investigations

import (
	"context"
	"slices"
	"time"
)

// EventKind says what an Event tells.
type EventKind string

// The kinds of event, in the order in which a run emits them.
const (
	EventResolved EventKind = "resolved" // Resolution and Endpoints are known; endpoints carry their empty steps
	EventCheck    EventKind = "check"    // a check started, ended or was skipped
	EventStep     EventKind = "step"     // a step got its finding; steps are told in plan order
	EventEndpoint EventKind = "endpoint" // an endpoint got its verdict
	EventEnded    EventKind = "ended"    // the state is final; Verdict is set where it concluded
)

// Event is one thing that an investigation learned. Applying all events in
// order to the investigation as it was created gives the investigation as it
// stands: that is how it is kept, and how a thread follows it.
type Event struct {
	Kind       EventKind   `json:"kind"`
	Time       time.Time   `json:"time"`
	Endpoint   int         `json:"endpoint"` // index into Endpoints
	Step       string      `json:"step,omitempty"`
	Check      *Check      `json:"check,omitempty"`
	Finding    *Step       `json:"finding,omitempty"` // with EventStep: status, headline, evidence; no checks
	Verdict    *Verdict    `json:"verdict,omitempty"`
	Resolution *Resolution `json:"resolution,omitempty"`
	Endpoints  []Endpoint  `json:"endpoints,omitempty"`
	State      State       `json:"state,omitempty"`
	Error      string      `json:"error,omitempty"`
}

// Sink takes an event; it returns after the event is kept. An error ends the
// run: what is not kept did not happen.
type Sink func(context.Context, Event) error

// Apply brings the investigation to where it stands after e. Applying an event
// twice changes nothing more.
func (inv *Investigation) Apply(e Event) {
	switch e.Kind {
	case EventResolved:
		inv.Resolution, inv.Endpoints = e.Resolution, cloneEndpoints(e.Endpoints)
	case EventCheck:
		inv.applyCheck(e)
	case EventStep:
		if s := inv.step(e.Endpoint, e.Step); s != nil && e.Finding != nil {
			s.Status, s.Headline, s.Evidence = e.Finding.Status, e.Finding.Headline, e.Finding.Evidence
		}
	case EventEndpoint:
		if e.Endpoint < len(inv.Endpoints) {
			inv.Endpoints[e.Endpoint].Verdict = e.Verdict
		}
	case EventEnded:
		inv.State, inv.Ended, inv.Verdict, inv.Error = e.State, e.Time, e.Verdict, e.Error
		inv.leave()
	}
}

// leave ends what an investigation that was cancelled or failed left open.
func (inv *Investigation) leave() {
	why := "the investigation " + map[State]string{Cancelled: "was cancelled", Failed: "failed"}[inv.State]
	for i := range inv.Endpoints {
		for k := range inv.Endpoints[i].Steps {
			s := &inv.Endpoints[i].Steps[k]
			if s.Status == Pending || s.Status == Working {
				s.Status, s.Headline = Skipped, why
			}
			for n := range s.Checks {
				if c := &s.Checks[n]; !c.State.Ended() {
					c.State, c.Error = CheckSkipped, why
				}
			}
		}
	}
}

// cloneEndpoints copies endpoints with their steps and checks, so that applying
// later events to one copy does not change another.
func cloneEndpoints(endpoints []Endpoint) []Endpoint {
	out := slices.Clone(endpoints)
	for i := range out {
		out[i].Steps = slices.Clone(out[i].Steps)
		for k := range out[i].Steps {
			out[i].Steps[k].Checks = slices.Clone(out[i].Steps[k].Checks)
		}
	}
	return out
}

// applyCheck puts the check where the plan has it: by id and runner.
func (inv *Investigation) applyCheck(e Event) {
	s := inv.step(e.Endpoint, e.Step)
	if s == nil || e.Check == nil {
		return
	}
	if e.Check.State != CheckPending && s.Status == Pending {
		s.Status = Working
	}
	same := func(c Check) bool { return c.ID == e.Check.ID && c.On == e.Check.On }
	i := slices.IndexFunc(s.Checks, same)
	if i < 0 {
		s.Checks = append(s.Checks, *e.Check)
		return
	}
	s.Checks[i] = *e.Check
}

func (inv *Investigation) step(endpoint int, id string) *Step {
	if endpoint < 0 || endpoint >= len(inv.Endpoints) {
		return nil
	}
	for i := range inv.Endpoints[endpoint].Steps {
		if s := &inv.Endpoints[endpoint].Steps[i]; s.ID == id {
			return s
		}
	}
	return nil
}
