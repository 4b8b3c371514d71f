package agent

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nkeys"
	"github.com/nats-io/nuid"
	"github.com/plexorbot/plexor/investigations"
	"github.com/plexorbot/plexor/investigations/runner"
)

// Prober carries out probes. It returns by the request's timeout or when ctx
// ends, and puts what went wrong into the answer.
type Prober interface {
	Probe(ctx context.Context, r investigations.Request) investigations.Answer
}

// Config is what an agent needs. Zero values are good where nothing else is
// said.
type Config struct {
	Identity Identity                   // who it is and whom it dials
	InProc   nats.InProcessConnProvider // the bot, where it is in this process; then Identity needs a seed only
	Prober   Prober                     // needed
	Policy   Policy                     // the zero one allows all probes, and all targets but those that are never allowed
	Version  string                     // of this program
	Probes   []string                   // that Prober has
	Lacks    map[string]string          // probe -> what it lacks on this host

	Addresses func() ([]string, error) // of this host; nil: Addresses
	Audit     io.Writer                // one JSON line a probe; nil: none. Writes are serialized
	Log       *slog.Logger             // nil: slog.Default()
	Pulse     time.Duration            // between two signs of life; 3 s
	AtOnce    int                      // probes carried out side by side; 64
}

// Agent is one runner.
type Agent struct {
	config  Config
	log     *slog.Logger
	key     nkeys.KeyPair
	process string // tells this process from the one before it
	slots   chan struct{}

	mu      sync.Mutex
	session *session      // nil while there is no connection
	changed chan struct{} // closed when session changes
	tasks   map[string]*task
	raises  map[string]chan struct{} // closed when taken
	told    []string                 // addresses as last told
	stopped bool                     // no task begins any more
	auditMu sync.Mutex
	wg      sync.WaitGroup
}

// New checks a configuration and makes an agent of it.
func New(c Config) (*Agent, error) {
	if c.Prober == nil {
		return nil, errors.New("agent without prober")
	}
	key, err := nkeys.FromSeed(c.Identity.Seed)
	if err != nil {
		return nil, errors.New("the runner's key cannot be read")
	}
	if c.InProc == nil {
		if err := c.Identity.check(); err != nil {
			return nil, err
		}
	}
	if c.Log == nil {
		c.Log = slog.Default()
	}
	if c.Addresses == nil {
		c.Addresses = Addresses
	}
	if c.Pulse == 0 {
		c.Pulse = 3 * time.Second
	}
	if c.AtOnce == 0 {
		c.AtOnce = 64
	}
	return &Agent{
		config: c, log: c.Log, key: key, process: nuid.Next(), slots: make(chan struct{}, c.AtOnce),
		changed: make(chan struct{}), tasks: map[string]*task{}, raises: map[string]chan struct{}{},
	}, nil
}

// retryFirst and retryMost bound the pause between two attempts to connect.
const (
	retryFirst = 100 * time.Millisecond
	retryMost  = 5 * time.Second
)

// Run keeps the agent connected until ctx ends, whatever the bot does: a refusal
// is tried again too, for the bot may have been restored from a backup. Only an
// agent that has yet to join returns earlier, with ErrRefused or ErrPin wrapped.
// After ctx ended it waits for its probes, which end with it.
func (a *Agent) Run(ctx context.Context) error {
	defer a.drain()
	pause := retryFirst
	for ctx.Err() == nil {
		began := time.Now()
		err := a.serve(ctx)
		if ctx.Err() != nil {
			break
		}
		if !a.config.Identity.joined() && (errors.Is(err, ErrRefused) || errors.Is(err, ErrPin)) {
			return err
		}
		if time.Since(began) > retryMost {
			pause = retryFirst
		}
		a.log.Warn("not connected to the bot", "error", err, "next", pause.String())
		select {
		case <-ctx.Done():
		case <-time.After(jitter(pause)):
		}
		pause = min(2*pause, retryMost)
	}
	return nil
}

// serve is one connection, from dial to end.
func (a *Agent) serve(ctx context.Context) error {
	s, err := a.connect(ctx)
	if err != nil {
		return err
	}
	defer s.conn.Close()
	if err := a.config.Identity.noteJoined(); err != nil {
		return err
	}
	a.setSession(s)
	defer a.setSession(nil)
	if err := a.hello(s); err != nil {
		return err
	}
	a.log.Info("connected to the bot", "bot", a.bot())
	return a.beat(ctx, s)
}

// drain waits for the probes that are being carried out.
func (a *Agent) drain() {
	a.mu.Lock()
	a.stopped = true
	a.mu.Unlock()
	a.wg.Wait()
}

// bot names whom the agent dials.
func (a *Agent) bot() string {
	if a.config.InProc != nil {
		return "in this process"
	}
	return a.config.Identity.Address
}

// setSession makes s the way to the bot, nil for none.
func (a *Agent) setSession(s *session) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.session = s
	close(a.changed)
	a.changed = make(chan struct{})
}

// send sends a frame over the connection of the moment, and waits for one where
// there is none, until ctx ends.
func (a *Agent) send(ctx context.Context, t runner.Topic, f runner.Frame) error {
	for {
		a.mu.Lock()
		s, changed := a.session, a.changed
		a.mu.Unlock()
		if s != nil {
			if err := s.send(t, f); err == nil || !errors.Is(err, net.ErrClosed) && !errors.Is(err, nats.ErrConnectionClosed) {
				return err
			}
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}
