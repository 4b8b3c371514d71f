package agent

import (
	"context"
	"crypto/subtle"
	"crypto/tls"
	"encoding/hex"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/plexorbot/plexor/investigations/runner"
)

// ErrRefused says that the bot let the key, or the token, not in.
var ErrRefused = errors.New("the bot refused this runner: its token is used, expired or revoked, or its key is not known (any more); ask for a new token with: plexor runner token --name NAME")

// ErrPin says that what answered is not the bot that the token was made by.
var ErrPin = errors.New("what answers at the bot's address does not have the certificate that the token names: wrong address, or somebody in between")

// session is one connection to the bot.
type session struct {
	name   string
	conn   *nats.Conn
	closed chan struct{}
}

// connect dials once.
func (a *Agent) connect(ctx context.Context) (*session, error) {
	id := a.config.Identity
	pub, err := a.key.PublicKey()
	if err != nil {
		return nil, err
	}
	s := &session{name: id.Name, closed: make(chan struct{})}
	opts := []nats.Option{
		nats.Name("plexor-runner " + id.Name), nats.Nkey(pub, a.key.Sign), nats.NoReconnect(),
		nats.Timeout(5 * time.Second), nats.PingInterval(10 * time.Second), nats.MaxPingsOutstanding(2),
		nats.ClosedHandler(func(*nats.Conn) { close(s.closed) }),
		nats.ErrorHandler(func(_ *nats.Conn, _ *nats.Subscription, err error) {
			a.log.Warn("the bot's server complains", "error", err)
		}),
	}
	if !id.joined() {
		opts = append(opts, nats.Token(hex.EncodeToString(id.Secret)))
	}
	url := ""
	if a.config.InProc != nil {
		opts = append(opts, nats.InProcessServer(a.config.InProc))
	} else {
		url = "tls://" + id.Address
		opts = append(opts, nats.Secure(pinned(id.Pin)), nats.TLSHandshakeFirst(), nats.IgnoreDiscoveredServers())
	}
	if s.conn, err = nats.Connect(url, opts...); err != nil {
		return nil, explain(err)
	}
	subject := runner.Subject(runner.Version, runner.TopicDo, id.Name)
	if _, err := s.conn.Subscribe(subject, func(m *nats.Msg) { a.receive(ctx, m) }); err != nil {
		s.conn.Close()
		return nil, fmt.Errorf("listen to the bot: %w", err)
	}
	return s, nil
}

// pinned is TLS that knows the bot by its certificate's key alone.
func pinned(pin []byte) *tls.Config {
	return &tls.Config{
		MinVersion:         tls.VersionTLS13,
		InsecureSkipVerify: true, // no authority is asked; VerifyConnection is
		VerifyConnection: func(c tls.ConnectionState) error {
			if len(c.PeerCertificates) == 0 || subtle.ConstantTimeCompare(runner.Pin(c.PeerCertificates[0]), pin) != 1 {
				return ErrPin
			}
			return nil
		},
	}
}

// explain makes of a NATS error what a person can act on.
func explain(err error) error {
	switch {
	case errors.Is(err, nats.ErrAuthorization):
		return ErrRefused
	case errors.Is(err, ErrPin):
		return ErrPin
	}
	return fmt.Errorf("connect to the bot: %w", err)
}

// send sends a frame.
func (s *session) send(t runner.Topic, f runner.Frame) error {
	f.Clock = time.Now()
	data, err := runner.Encode(f)
	if err != nil {
		return err
	}
	m := nats.NewMsg(runner.Subject(runner.Version, t, s.name))
	m.Data = data
	if f.Investigation != "" {
		m.Header.Set(runner.HeaderInvestigation, f.Investigation)
	}
	return s.conn.PublishMsg(m)
}

// addressesEvery is after how many pulses the host's addresses are looked at
// again.
const addressesEvery = 5

// beat sends signs of life until the connection or ctx ends.
func (a *Agent) beat(ctx context.Context, s *session) error {
	tick := time.NewTicker(a.config.Pulse)
	defer tick.Stop()
	for n := 1; ; n++ {
		select {
		case <-ctx.Done():
			return s.conn.FlushTimeout(time.Second)
		case <-s.closed:
			if err := s.conn.LastError(); err != nil {
				return fmt.Errorf("connection to the bot ended: %w", err)
			}
			return errors.New("connection to the bot ended")
		case <-tick.C:
		}
		if n%addressesEvery == 0 && a.addressesChanged() {
			if err := a.hello(s); err != nil {
				return err
			}
			continue
		}
		if err := s.send(runner.TopicPulse, runner.Frame{Kind: runner.KindPulse, ID: a.process}); err != nil {
			return fmt.Errorf("send a pulse: %w", err)
		}
	}
}

// jitter spreads a pause, so that the runners of a bot that was restarted do not
// all come at once.
func jitter(d time.Duration) time.Duration {
	return d/2 + rand.N(d)
}
