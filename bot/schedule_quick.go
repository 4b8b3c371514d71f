package bot

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"sync"
	"time"

	"github.com/plexorbot/plexor/investigations"
	"github.com/plexorbot/plexor/store"
)

// A quick check is one tcp.connect from where the load balancer is, without a
// plan and without a record but its result.
const (
	quickTimeout   = 3 * time.Second // of a connect
	quickAnswer    = 5 * time.Second // of the runner
	quickRunners   = 4               // of load balancers that look at one target
	quickAddresses = 8               // of one name: what one tcp.connect takes
)

// runnerCache keeps the list of runners for a moment: thousands of quick checks
// ask for it every second.
type runnerCache struct {
	mu   sync.Mutex
	at   time.Time
	list []investigations.Runner
}

const runnersFor = time.Second

func (c *runnerCache) get(ctx context.Context, d investigations.Dispatcher) ([]investigations.Runner, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if time.Since(c.at) < runnersFor {
		return c.list, nil
	}
	list, err := d.Runners(ctx)
	if err == nil {
		c.at, c.list = time.Now(), list
	}
	return list, err
}

// settleRunners is how long after the bot's start a look waits for the runner
// that is to connect: all of them come back in these moments, and a channel is not
// told that nobody can look because the bot was restarted.
const settleRunners = 45 * time.Second

// connecting gives the runners that connect to a target.
func (s *Schedules) connecting(ctx context.Context, t investigations.Target, lb string) ([]investigations.Runner, error) {
	for {
		list, err := s.fleet.get(ctx, s.engine.Dispatcher)
		if err == nil {
			list, err = s.engine.Connecting(list, t, lb)
		}
		here := err == nil && slices.ContainsFunc(list, func(r investigations.Runner) bool { return r.Alive })
		if here || !time.Now().Before(s.settled) {
			return list, err
		}
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-time.After(runnersFor):
		}
	}
}

// lookQuick connects to a target. The error is a *investigations.NotAllowedError
// where it may no longer be diagnosed, and errNotQuick where only a plan can
// tell.
func (s *Schedules) lookQuick(ctx context.Context, text, lb string) (observation, error) {
	o := observation{at: s.now(), state: stateUnknown, outcome: store.Unchecked}
	t, err := investigations.ParseTarget(text)
	if err != nil {
		return o, err
	}
	if t.Kind == investigations.TargetUpstream {
		return o, errNotQuick
	}
	if err := s.engine.Allow.Target(t); err != nil {
		return o, err
	}
	runners, err := s.connecting(ctx, t, lb)
	if err != nil {
		o.headline = "it could not be checked: " + err.Error()
		return o, nil
	}
	s.quick <- struct{}{}
	defer func() { <-s.quick }()
	for i, r := range runners[:min(len(runners), quickRunners)] {
		one, err := s.connectFrom(ctx, r.Name, t)
		if err != nil {
			return o, err
		}
		if i == 0 || worse(one, o) {
			o = one
		}
	}
	return o, nil
}

var errNotQuick = errors.New("only a plan can tell")

// worse reports whether a says more than b of what is wrong.
func worse(a, b observation) bool {
	rank := []string{stateHealthy, stateUnknown, stateFailing}
	i, j := slices.Index(rank, a.state), slices.Index(rank, b.state)
	return i > j || i == j && a.connect > b.connect
}

// connectFrom connects to all addresses of a target from one runner.
func (s *Schedules) connectFrom(ctx context.Context, runner string, t investigations.Target) (observation, error) {
	o := observation{at: s.now(), state: stateUnknown, outcome: store.Unchecked}
	addresses := []string{t.Host}
	if _, ok := t.Addr(); !ok {
		var err error
		if addresses, o, err = s.addressesFrom(ctx, runner, t); err != nil || len(addresses) == 0 {
			return o, err
		}
	}
	var facts struct {
		Results []connectResult `json:"results"`
	}
	args := map[string]any{"addresses": addresses, "port": t.Port, "attempts": 1, "timeout_ms": quickTimeout.Milliseconds()}
	if why := s.ask(ctx, runner, "tcp.connect", args, &facts); why != "" {
		o.headline = "it could not be checked from " + runner + ": " + why
		return o, nil
	}
	return judgeConnects(o, facts.Results, t.Port, runner), nil
}

// connectResult is what tcp.connect says of one address.
type connectResult struct {
	Address   string   `json:"address"`
	Connected *bool    `json:"connected"`
	Errno     *string  `json:"errno"`
	RTTMS     *float64 `json:"rtt_ms"`
}

// judgeConnects is healthy where every address accepts; its time is that of the
// slowest.
func judgeConnects(o observation, results []connectResult, port int, runner string) observation {
	bad := ""
	for _, r := range results {
		switch {
		case r.Connected != nil && *r.Connected:
			if r.RTTMS != nil {
				o.connect = max(o.connect, time.Duration(*r.RTTMS*float64(time.Millisecond)))
			}
		case r.Errno != nil && bad == "":
			o.state, o.outcome, bad = stateFailing, outcomeOf(*r.Errno), *r.Errno
			o.headline = fmt.Sprintf("%s does not accept connections from %s: %s", joinPort(r.Address, port), runner, errnoWords(bad))
		}
	}
	if bad == "" && len(results) > 0 {
		o.state, o.outcome = stateHealthy, store.Up
	}
	if bad != "" {
		o.connect = 0
	}
	return o
}

func joinPort(address string, port int) string {
	if a, err := netip.ParseAddr(address); err == nil {
		return netip.AddrPortFrom(a, uint16(port)).String()
	}
	return address
}

func outcomeOf(errno string) store.Outcome {
	switch errno {
	case "ECONNREFUSED":
		return store.Refused
	case "ETIMEDOUT":
		return store.TimedOut
	}
	return store.Unreachable
}

func errnoWords(errno string) string {
	words := map[string]string{
		"ECONNREFUSED": "connection refused", "ETIMEDOUT": "no answer", "EHOSTUNREACH": "no route to host",
		"ENETUNREACH": "network unreachable", "EACCES": "permission denied",
	}
	return orElse(words[errno], errno)
}

// addressesFrom resolves a name where the runner is, and keeps what may be
// diagnosed.
func (s *Schedules) addressesFrom(ctx context.Context, runner string, t investigations.Target) ([]string, observation, error) {
	o := observation{at: s.now(), state: stateUnknown, outcome: store.Unchecked}
	var facts struct {
		Addresses []string `json:"addresses"`
		Code      *string  `json:"code"`
	}
	if why := s.ask(ctx, runner, "dns.resolve", map[string]any{"name": t.Host, "port": t.Port}, &facts); why != "" {
		o.headline = "its name could not be resolved on " + runner + ": " + why
		return nil, o, nil
	}
	var list []string
	var refused error
	for _, text := range facts.Addresses {
		a, err := netip.ParseAddr(text)
		if err == nil {
			err = s.engine.Allow.Resolved(t.Host, a)
		}
		if err != nil {
			refused = err
			continue
		}
		list = append(list, text)
	}
	switch {
	case len(list) == 0 && refused != nil:
		return nil, o, refused
	case len(list) == 0:
		o.state, o.outcome = stateFailing, store.Unreachable
		o.headline = t.Host + " has no address"
		if facts.Code != nil {
			o.headline += " (" + *facts.Code + ")"
		}
	}
	return list[:min(len(list), quickAddresses)], o, nil
}

// ask has a runner carry one probe out; a failure is a clause.
func (s *Schedules) ask(ctx context.Context, runner, probe string, args, facts any) (why string) {
	text, err := json.Marshal(args)
	if err != nil {
		return err.Error()
	}
	ctx, cancel := context.WithTimeout(ctx, quickAnswer+time.Second)
	defer cancel()
	answer, err := s.engine.Dispatcher.Probe(ctx, runner, investigations.Request{Check: "quick", Probe: probe, Args: text, Timeout: quickAnswer})
	switch {
	case err != nil:
		return err.Error()
	case answer.Error != "":
		return answer.Error
	}
	if err := json.Unmarshal(answer.Facts, facts); err != nil {
		return "the answer can't be read"
	}
	return ""
}
