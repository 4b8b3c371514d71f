package hub

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"sync"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nkeys"
	"github.com/plexorbot/plexor/investigations"
	"github.com/plexorbot/plexor/investigations/runner"
)

// Config is what a hub needs. Zero values are good where nothing else is said.
type Config struct {
	Listen    string   // host:port for runners; empty: only the bot's own runner
	Advertise string   // host:port that runners dial, where it is not Listen
	Dir       string   // where the certificate is kept; needed with Listen
	Store     Store    // needed
	Version   string   // of this program
	Probes    []string // that the bot's plans use: a runner is told which of them it lacks

	Audit   func(Entry)                                                        // may be nil; must not block
	OnRaise func(ctx context.Context, runner, id string, payload []byte) error // nil: nothing is taken; see raise.go
	Log     *slog.Logger                                                       // nil: slog.Default()
	Now     func() time.Time                                                   // nil: time.Now
	Grace   time.Duration                                                      // how long a runner whose connection broke may take to be back before its checks end; 2 s
}

// Hub is the bot's end of the fabric. It is an investigations.Dispatcher.
type Hub struct {
	config Config
	log    *slog.Logger
	server *server.Server
	conn   *nats.Conn // the hub's own, which may use all subjects
	events *nats.Conn // the hub's own in the system account: who disconnected
	pin    []byte
	own    map[string]bool // public keys of conn and events; events' is true
	began  time.Time

	ctx  context.Context
	stop context.CancelFunc
	wg   sync.WaitGroup

	mu      sync.Mutex
	records map[string]*record // by name
	here    map[string]*presence
	asked   map[string]*question // by request id
	ended   recent               // ids of requests that nobody waits for any more
	taken   recent               // ids of raises that were taken over
	raising map[string]bool      // those that are being taken over

	auditMu sync.Mutex
	counts  map[auditKey]*auditCount
}

var _ investigations.Dispatcher = (*Hub)(nil)

// Open starts a hub. It listens when Open returns.
func Open(c Config) (*Hub, error) {
	if c.Log == nil {
		c.Log = slog.Default()
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Grace == 0 {
		c.Grace = 2 * time.Second
	}
	h := &Hub{
		config: c, log: c.Log, own: map[string]bool{}, began: c.Now(),
		here: map[string]*presence{}, asked: map[string]*question{}, counts: map[auditKey]*auditCount{},
		raising: map[string]bool{},
	}
	h.ctx, h.stop = context.WithCancel(context.Background())
	var err error
	if h.records, err = load(c.Store); err != nil {
		return nil, err
	}
	if err := h.start(); err != nil {
		h.Close()
		return nil, fmt.Errorf("open the fabric: %w", err)
	}
	h.wg.Go(h.sweep)
	return h, nil
}

// start brings up the server and the hub's own two connections to it.
func (h *Hub) start() (err error) {
	if err := h.startServer(); err != nil {
		return err
	}
	if h.events, err = h.connectOwn(true); err != nil {
		return err
	}
	if h.conn, err = h.connectOwn(false); err != nil {
		return err
	}
	if _, err := h.events.Subscribe("$SYS.ACCOUNT."+server.DEFAULT_GLOBAL_ACCOUNT+".DISCONNECT", h.onDisconnect); err != nil {
		return err
	}
	for topic, handle := range map[runner.Topic]func(string, runner.Frame){
		runner.TopicHello: h.onHello, runner.TopicPulse: h.onPulse,
		runner.TopicAnswer: h.onAnswer, runner.TopicRaise: h.onRaise,
	} {
		if _, err := h.conn.Subscribe(runner.AnyVersion(topic, "*"), h.receive(handle)); err != nil {
			return err
		}
	}
	return errors.Join(h.events.Flush(), h.conn.Flush())
}

// connectOwn makes one of the hub's own connections, with a key of its own that
// lives as long as the hub.
func (h *Hub) connectOwn(system bool) (*nats.Conn, error) {
	pair, err := nkeys.CreateUser()
	if err != nil {
		return nil, err
	}
	key, err := pair.PublicKey()
	if err != nil {
		return nil, err
	}
	h.mu.Lock()
	h.own[key] = system
	h.mu.Unlock()
	return nats.Connect("", nats.InProcessServer(h), nats.Nkey(key, pair.Sign), nats.Name("hub"),
		nats.MaxReconnects(-1), nats.IgnoreAuthErrorAbort(), nats.Timeout(10*time.Second))
}

// InProcessConn is a connection to the hub without a socket, for the agent
// inside the bot.
func (h *Hub) InProcessConn() (net.Conn, error) { return h.server.InProcessConn() }

// Close ends the hub: connections, requests, goroutines.
func (h *Hub) Close() {
	h.stop()
	for _, c := range []*nats.Conn{h.events, h.conn} {
		if c != nil {
			c.Close()
		}
	}
	if h.server != nil {
		h.server.Shutdown()
		h.server.WaitForShutdown()
	}
	h.wg.Wait()
}
