package investigations

import (
	"context"
	"encoding/json"
	"net/netip"
	"strings"
)

// carriage is a use of a check on its way to a runner.
type carriage struct {
	key    key
	step   string
	check  Check
	runner Runner
	req    Request
	ctx    context.Context
}

// start begins a check on each of its runners, with the watches that are paired
// to it. It waits on where a watch may still become ready.
func (r *run) start(s *scope, c *PlanCheck, args json.RawMessage) (bool, error) {
	if err := r.allowsArgs(args); err != nil {
		return r.settle(s, c, CheckFailed, err.Error())
	}
	var watches []carriage
	for id := range r.watchesOf(s, c) {
		w := r.check(id)
		moved, err := r.consider(s, w)
		if moved || err != nil {
			return moved, err
		}
		watchArgs, run, missing, _ := r.judge(s).Ready(id)
		if run != True || watchArgs == nil && len(missing) > 0 {
			if moved, err := r.settleMissing(s, w, run, missing); moved || err != nil {
				return moved, err
			}
			return false, nil
		}
		watches = append(watches, r.load(s, w, orEmpty(watchArgs))...)
	}
	return false, r.dispatch(r.load(s, c, args), watches)
}

// watchesOf yields the ids of the waiting watches that are paired to c.
func (r *run) watchesOf(s *scope, c *PlanCheck) func(func(string) bool) {
	return func(yield func(string) bool) {
		for w := range r.waiting(s) {
			if w.Paired == c.ID && !yield(w.ID) {
				return
			}
		}
	}
}

// load makes ready what is sent for each waiting use of a check, and notes that
// it is under way.
func (r *run) load(s *scope, c *PlanCheck, args json.RawMessage) []carriage {
	var all []carriage
	for _, use := range r.pending(s, c) {
		use.State, use.Args = CheckRunning, args
		ctx, cancel := context.WithCancel(r.ctx)
		k := s.key(c, use.On)
		r.running[k] = &carried{cancel: cancel, slow: c.Slow}
		all = append(all, carriage{
			key: k, step: c.Step, check: use, runner: r.at(s, c, use.On).Runner, ctx: ctx,
			req: Request{Investigation: r.inv.ID, Check: c.ID, Probe: c.Probe, Args: args, Timeout: orElse(c.Timeout, r.limits.Check)},
		})
	}
	s.wanted = nil
	return all
}

// dispatch sends checks off, each in a goroutine that the run waits for.
func (r *run) dispatch(checks, watches []carriage) error {
	if len(watches) > 0 {
		r.wg.Go(func() { r.carryPair(checks, watches) })
		return nil
	}
	for _, c := range checks {
		c.check.Started = r.now()
		if err := r.put(c.key, c.step, c.check); err != nil {
			return err
		}
		r.wg.Go(func() { r.report(c, r.carry(c)) })
	}
	return nil
}

// allowsArgs judges the addresses that a check would send packets to, as far as
// its arguments name them in "address" and "addresses": a plan may take them
// from what a name server said. A host's own loopback and the addresses of
// runners are no targets of anybody else's.
func (r *run) allowsArgs(args json.RawMessage) error {
	var named struct {
		Address   any `json:"address"`
		Addresses any `json:"addresses"`
	}
	if json.Unmarshal(args, &named) != nil {
		return nil // not an object: the probe refuses it
	}
	list, _ := named.Addresses.([]any)
	for _, v := range append(list, named.Address) {
		text, _ := v.(string)
		a, err := netip.ParseAddr(strings.Trim(hostOf(text), "[]"))
		if err != nil {
			continue
		}
		a = a.Unmap().WithZone("")
		if a.IsLoopback() || NeverAllowed(a) == nil && r.fleet.has(a) {
			continue
		}
		if err := r.allows(a); err != nil {
			return err
		}
	}
	return nil
}
