package probe

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	jsonv1 "github.com/go-json-experiment/json/v1"

	"github.com/plexorbot/plexor/investigations"
)

// Limits of what a Set takes and gives.
const (
	maxArgs    = 64 << 10 // bytes of a request's arguments
	maxFacts   = 1 << 20  // bytes of an answer's facts
	maxTimeout = 2 * time.Minute
)

// Set carries out probes on this host. Its zero value is ready to use. It is
// safe for concurrent use once its fields are set.
type Set struct {
	// Firewall is firewall.verdict. Its package imports this one, so the program
	// hands it in; without it the probe is not available.
	Firewall func(context.Context, FirewallArgs) (FirewallFacts, error)
	// Rules reads the packet counters of the host's firewall rules, before and
	// after a watch; Packets is then the counter's value. Without it tcp.watch
	// tells no rules.
	Rules func(context.Context) ([]RuleCount, error)
	// Memory is the runner's port memory. Without it port.owner does without.
	Memory *PortMemory
}

// handler carries out one request.
type handler func(context.Context, investigations.Request) (any, error)

// Run carries out one request. It ends when ctx does, or at the request's
// timeout (its probe's own unless given). Whatever goes wrong, a panic
// included, is the answer's Error.
func (s *Set) Run(ctx context.Context, r investigations.Request) (a investigations.Answer) {
	a.Started = time.Now()
	defer func() {
		if p := recover(); p != nil {
			a.Facts, a.Error = nil, fmt.Sprintf("%s panicked: %v", r.Probe, p)
		}
		a.Took = time.Since(a.Started)
	}()

	run, err := s.find(r.Probe)
	if err != nil {
		a.Error = err.Error()
		return a
	}
	ctx, cancel := context.WithTimeout(ctx, timeout(r))
	defer cancel()
	facts, err := run(ctx, r)
	if err == nil {
		a.Facts, err = encode(facts)
	}
	if err != nil {
		a.Error = clause(r.Probe, err)
	}
	return a
}

// find finds how to carry out a probe, or says why this host cannot.
func (s *Set) find(name string) (handler, error) {
	if h := s.handler(name); h != nil {
		return h, nil
	}
	if _, ok := Catalog()[name]; !ok {
		return nil, fmt.Errorf("no probe is called %.64q", name)
	}
	return nil, errors.New(unavailable(name))
}

func unavailable(name string) string { return name + " is not available on " + runtime.GOOS }

func timeout(r investigations.Request) time.Duration {
	t := r.Timeout
	if t <= 0 {
		t = Catalog()[r.Probe].Timeout
	}
	return min(t, maxTimeout)
}

// clause says a probe's error as a person reads it.
func clause(probe string, err error) string {
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		return probe + " did not end in time"
	case errors.Is(err, context.Canceled):
		return probe + " was cancelled"
	}
	return err.Error()
}

// Arguments and facts are read and written by the second version of
// encoding/json, which is in Go's library from 1.27 on. A fact that is known to
// be empty is written, as the first version does.
var (
	reading = json.RejectUnknownMembers(true)
	writing = json.JoinOptions(jsonv1.OmitEmptyWithLegacySemantics(true), json.FormatNilSliceAsNull(true), json.FormatNilMapAsNull(true), jsontext.AllowInvalidUTF8(true))
)

func encode(facts any) ([]byte, error) {
	b, err := json.Marshal(facts, writing)
	if err != nil {
		return nil, fmt.Errorf("encode facts: %w", err)
	}
	if len(b) > maxFacts {
		return nil, fmt.Errorf("the facts are too long: %d bytes, at most %d", len(b), maxFacts)
	}
	return b, nil
}

// handler carries out a probe on this host; nil if nothing does.
func (s *Set) handler(name string) handler {
	switch {
	case name == "dns.resolve":
		return plain(DNSResolve)
	case name == "tcp.connect":
		return plain(TCPConnect)
	case name == "lb.upstream":
		return plain(LBUpstream)
	case name == "firewall.verdict" && s.Firewall != nil:
		return plain(s.Firewall)
	}
	return s.native(name)
}

// Probes lists the probes that this host can carry out, at least in part.
func (s *Set) Probes() []string {
	names := []string{}
	for name := range Catalog() {
		if s.handler(name) != nil {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// Lacks says what probes lack here, by the probe's name: those that cannot be
// carried out at all, and those that see less for want of a privilege.
func (s *Set) Lacks() map[string]string {
	lacks := privileges()
	for name := range Catalog() {
		if s.handler(name) == nil {
			lacks[name] = unavailable(name)
		}
	}
	return lacks
}

// plain makes a handler of a probe that needs its arguments only.
func plain[Args, Facts any](probe func(context.Context, Args) (Facts, error)) handler {
	return func(ctx context.Context, r investigations.Request) (any, error) {
		args, err := decode[Args](r.Args)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", r.Probe, err)
		}
		facts, err := probe(ctx, args)
		if err != nil {
			return nil, err
		}
		return facts, nil
	}
}

// decode reads arguments strictly: an unknown field, trailing text or too much
// of it is an error.
func decode[Args any](raw []byte) (args Args, err error) {
	if len(raw) > maxArgs {
		return args, fmt.Errorf("the arguments are too long: %d bytes, at most %d", len(raw), maxArgs)
	}
	if len(raw) == 0 {
		return args, nil
	}
	err = json.Unmarshal(raw, &args, reading)
	if wrong, ok := errors.AsType[*json.SemanticError](err); ok && errors.Is(err, json.ErrUnknownName) {
		return args, fmt.Errorf("arguments: unknown field %q", wrong.JSONPointer.LastToken())
	}
	if err != nil {
		return args, fmt.Errorf("arguments: %w", err)
	}
	return args, nil
}
