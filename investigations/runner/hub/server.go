package hub

import (
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"strconv"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/plexorbot/plexor/investigations/runner"
)

// frameRoom is what a message may have beside its frame: its headers.
const frameRoom = 4 << 10

// startServer starts the NATS server, on a port only if the configuration says
// where.
func (h *Hub) startServer() error {
	opts := &server.Options{
		ServerName: "plexor", DontListen: true, NoSigs: true, NoLog: true,
		CustomClientAuthentication: (*door)(h), AlwaysEnableNonce: true,
		MaxPayload: runner.MaxFrame + frameRoom, MaxControlLine: 2048, MaxSubs: 32,
		AuthTimeout: 5, TLSTimeout: 5,
		PingInterval: 5 * time.Second, MaxPingsOut: 2, WriteDeadline: 10 * time.Second,
	}
	if h.config.Listen != "" {
		if err := h.listenOn(opts); err != nil {
			return err
		}
	}
	s, err := server.NewServer(opts)
	if err != nil {
		return err
	}
	s.SetLoggerV2((*serverLog)(h), false, false, false)
	h.server = s
	s.Start()
	if !s.ReadyForConnections(10 * time.Second) {
		return fmt.Errorf("listen on %q for runners: not ready after 10 s; is the address free and this host's?", h.config.Listen)
	}
	return nil
}

func (h *Hub) listenOn(opts *server.Options) error {
	host, port, err := net.SplitHostPort(h.config.Listen)
	if err != nil {
		return fmt.Errorf("runners.listen %q: %w", h.config.Listen, err)
	}
	n, err := strconv.ParseUint(port, 10, 16)
	if err != nil {
		return fmt.Errorf("runners.listen %q: port is not 0 to 65535", h.config.Listen)
	}
	// The server ends in its log where it cannot listen; this ends in an error.
	probe, err := net.Listen("tcp", h.config.Listen)
	if err != nil {
		return fmt.Errorf("runners.listen: %w", err)
	}
	probe.Close()
	cert, err := certificate(h.config.Dir)
	if err != nil {
		return err
	}
	h.pin = runner.Pin(cert.Leaf)
	opts.DontListen = false
	opts.Host, opts.Port = host, int(n)
	if n == 0 {
		opts.Port = server.RANDOM_PORT
	}
	opts.TLSConfig = &tls.Config{Certificates: []tls.Certificate{cert}, MinVersion: tls.VersionTLS13}
	opts.TLSHandshakeFirst = true
	return nil
}

// Addr is where the hub listens, nil if it does not.
func (h *Hub) Addr() net.Addr { return h.server.Addr() }

// advertised is the address that goes into tokens.
func (h *Hub) advertised() (string, error) {
	if a := h.config.Advertise; a != "" {
		if _, _, err := net.SplitHostPort(a); err != nil {
			return "", fmt.Errorf("runners.advertise %q: %w", a, err)
		}
		return a, nil
	}
	addr, ok := h.Addr().(*net.TCPAddr)
	if !ok {
		return "", errors.New("the bot listens for no runners: set runners.listen")
	}
	if addr.IP.IsUnspecified() {
		return "", errors.New("runners.listen is every address of this host: say in runners.advertise which one runners dial")
	}
	return addr.String(), nil
}
