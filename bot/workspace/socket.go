package workspace

import (
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gorilla/websocket"
)

const (
	// maxSockets is Slack's limit on Socket Mode connections of an app.
	maxSockets = 10
	// maxAck is the size from which Slack drops an acknowledgement without a word.
	maxAck = 20000
	// socketWrite is how long a write to the app may take.
	socketWrite = 5 * time.Second
	// socketSilence is how long an app may leave pings unanswered.
	socketSilence = 30 * time.Second
	// socketLeave is how long an app has to close a connection that it was told to leave.
	socketLeave = 2 * time.Second
)

// sockets are the app's Socket Mode connections.
type sockets struct {
	ping time.Duration
	log  *slog.Logger

	mu      sync.Mutex
	tickets map[string]bool
	conns   []*socket // the next to be used first
	waiting map[string]*waiting
	changed chan struct{} // closed and renewed when a connection comes
}

type socket struct {
	ws      *websocket.Conn
	mu      sync.Mutex // one writer at a time
	leaving atomic.Bool
}

// alive gives the app time until it must be heard again; one that was told to leave gets no more.
func (c *socket) alive() {
	if !c.leaving.Load() {
		c.ws.SetReadDeadline(time.Now().Add(socketSilence))
	}
}

// leave tells the app to go; what it still acknowledges counts.
func (c *socket) leave(reason string) {
	c.leaving.Store(true)
	c.write(disconnect(reason))
	c.ws.WriteControl(websocket.CloseMessage, websocket.FormatCloseMessage(websocket.CloseNormalClosure, ""), time.Now().Add(socketLeave))
	c.ws.SetReadDeadline(time.Now().Add(socketLeave))
}

// waiting is an envelope that is not acknowledged yet.
type waiting struct {
	conn *socket
	done chan result
}

func newSockets(cfg Config) *sockets {
	return &sockets{ping: cfg.Ping, log: cfg.Log, tickets: map[string]bool{}, waiting: map[string]*waiting{}, changed: make(chan struct{})}
}

// appsConnectionsOpen gives a link that may be dialled once.
func appsConnectionsOpen(s *Server, c call) (reply, error) {
	if s.cfg.RequestURL != "" {
		return nil, fail("socket_mode_not_enabled")
	}
	ticket := secret()
	s.sockets.mu.Lock()
	s.sockets.tickets[ticket] = true
	s.sockets.mu.Unlock()
	return reply{"url": "ws" + c.base[len("http"):] + "/link/?ticket=" + ticket + "&app_id=" + s.state.appID}, nil
}

// serveLink is one Socket Mode connection, from hello to its end.
func (s *Server) serveLink(w http.ResponseWriter, r *http.Request) {
	k := s.sockets
	ticket := r.URL.Query().Get("ticket")
	k.mu.Lock()
	known := k.tickets[ticket]
	delete(k.tickets, ticket)
	k.mu.Unlock()
	if !known {
		http.Error(w, "the ticket is unknown or used", http.StatusForbidden)
		return
	}
	up := websocket.Upgrader{CheckOrigin: func(*http.Request) bool { return true }}
	ws, err := up.Upgrade(w, r, nil)
	if err != nil {
		return
	}
	conn := &socket{ws: ws}
	defer ws.Close()
	count, ok := k.add(conn, s.state.appID)
	if !ok {
		conn.write(disconnect("too_many_websockets"))
		return
	}
	k.log.Info("socket mode connected", "connections", count)
	ctx, cancel := context.WithCancel(s.ctx)
	defer cancel()
	s.spawn(func() { conn.pings(ctx, k.ping) })
	k.read(conn)
	k.remove(conn)
}

// add greets a connection and takes it in; false where there are ten already. The greeting comes before any envelope.
func (k *sockets) add(conn *socket, app string) (int, bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if len(k.conns) >= maxSockets {
		return len(k.conns), false
	}
	conn.write(map[string]any{"type": "hello", "num_connections": len(k.conns) + 1,
		"connection_info": map[string]any{"app_id": app},
		"debug_info":      map[string]any{"host": "workspace", "build_number": 1, "approximate_connection_time": 3600}})
	k.conns = append(k.conns, conn)
	close(k.changed)
	k.changed = make(chan struct{})
	return len(k.conns), true
}

// remove forgets a connection; what it had not acknowledged is lost.
func (k *sockets) remove(conn *socket) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.conns = slices.DeleteFunc(k.conns, func(c *socket) bool { return c == conn })
	for id, w := range k.waiting {
		if w.conn == conn {
			delete(k.waiting, id)
			w.done <- result{err: errNoAck}
		}
	}
	k.log.Info("socket mode disconnected", "connections", len(k.conns))
}

// read takes acknowledgements until the connection ends.
func (k *sockets) read(conn *socket) {
	conn.ws.SetReadLimit(maxBody)
	conn.ws.SetPongHandler(func(string) error { conn.alive(); return nil })
	conn.alive()
	for {
		_, msg, err := conn.ws.ReadMessage()
		if err != nil {
			return
		}
		conn.alive()
		if len(msg) >= maxAck {
			k.log.Warn("acknowledgement dropped: 20 KB or larger", "bytes", len(msg))
			continue
		}
		var ack struct {
			ID      string          `json:"envelope_id"`
			Payload json.RawMessage `json:"payload"`
		}
		if err := json.Unmarshal(msg, &ack); err != nil {
			k.log.Warn("acknowledgement is not JSON", "err", err)
			continue
		}
		k.acknowledge(ack.ID, ack.Payload)
	}
}

func (k *sockets) acknowledge(id string, payload json.RawMessage) {
	k.mu.Lock()
	w := k.waiting[id]
	delete(k.waiting, id)
	k.mu.Unlock()
	if w == nil {
		return
	}
	if string(payload) == "null" || string(payload) == "{}" || string(payload) == `""` {
		payload = nil
	}
	w.done <- result{body: payload}
}

// send gives an envelope to one connection, each in turn. With none it waits for one as long as the app has to acknowledge.
func (k *sockets) send(ctx context.Context, s *Server, e envelope) <-chan result {
	done := make(chan result, 1)
	due := s.cfg.Now().Add(s.cfg.AckTimeout)
	ticker := time.NewTicker(tick)
	defer ticker.Stop()
	for {
		k.mu.Lock()
		changed := k.changed
		if len(k.conns) > 0 {
			conn := k.conns[0]
			k.conns = append(k.conns[1:len(k.conns):len(k.conns)], conn)
			k.waiting[e.ID] = &waiting{conn, done}
			k.mu.Unlock()
			if err := conn.write(e); err != nil {
				conn.ws.Close() // its reader ends and gives up what waits
			}
			return done
		}
		k.mu.Unlock()
		select {
		case <-changed:
			continue
		case <-ticker.C:
			if s.cfg.Now().Before(due) {
				continue
			}
		case <-ctx.Done():
		case <-s.ctx.Done():
		}
		done <- result{err: errNoApp}
		return done
	}
}

// forget drops an envelope that nobody waits for any more.
func (k *sockets) forget(id string) {
	k.mu.Lock()
	delete(k.waiting, id)
	k.mu.Unlock()
}

// dropAll ends every connection and says why; "drop" and "" cut them without a word. None of them gets another
// envelope. It returns how many there were.
func (k *sockets) dropAll(reason string) int {
	k.mu.Lock()
	conns := k.conns
	k.conns = nil
	k.mu.Unlock()
	for _, c := range conns {
		if reason == "" || reason == "drop" {
			c.ws.Close()
		} else {
			c.leave(reason)
		}
	}
	return len(conns)
}

func (k *sockets) count() int {
	k.mu.Lock()
	defer k.mu.Unlock()
	return len(k.conns)
}

func disconnect(reason string) map[string]any {
	return map[string]any{"type": "disconnect", "reason": reason, "debug_info": map[string]any{"host": "workspace"}}
}

func (c *socket) write(v any) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.ws.SetWriteDeadline(time.Now().Add(socketWrite))
	return c.ws.WriteJSON(v)
}

// pings keeps the connection alive: an app takes 30 s without a ping for a dead server.
func (c *socket) pings(ctx context.Context, every time.Duration) {
	ticker := time.NewTicker(every)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			c.ws.Close()
			return
		case now := <-ticker.C:
			c.ws.WriteControl(websocket.PingMessage, []byte("Ping from workspace "+now.UTC().Format(time.RFC3339)), now.Add(socketWrite))
		}
	}
}
