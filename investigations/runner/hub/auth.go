package hub

import (
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"net"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nkeys"
	"github.com/plexorbot/plexor/investigations/runner"
)

// door is the hub as the server's authentication.
type door Hub

// Check lets a connection in, or not.
func (d *door) Check(c server.ClientAuthentication) bool {
	h := (*Hub)(d)
	opts := c.GetOpts()
	if c.Kind() != server.CLIENT || !nkeys.IsValidPublicUserKey(opts.Nkey) {
		h.audit("", KeyRefused, "no key, from "+from(c))
		return false
	}
	if !signed(opts, c.GetNonce()) {
		h.audit("", KeyRefused, "bad signature, from "+from(c))
		return false
	}
	if h.checkOwn(c, opts.Nkey) {
		return true
	}
	name, ok := h.admit(c, opts)
	if ok {
		c.RegisterUser(&server.User{Account: h.server.GlobalAccount(), Permissions: permissions(name)})
	}
	return ok
}

// signed reports whether the connection has the private half of its key.
func signed(opts *server.ClientOpts, nonce []byte) bool {
	sig, err := base64.RawURLEncoding.DecodeString(opts.Sig)
	if err != nil || len(nonce) == 0 {
		return false
	}
	key, err := nkeys.FromPublicKey(opts.Nkey)
	return err == nil && key.Verify(nonce, sig) == nil
}

// checkOwn lets the hub's own connections in.
func (h *Hub) checkOwn(c server.ClientAuthentication, key string) bool {
	h.mu.Lock()
	system, own := h.own[key]
	h.mu.Unlock()
	if !own || !inProcess(c) {
		return false
	}
	account := h.server.GlobalAccount()
	if system {
		account = h.server.SystemAccount()
	}
	c.RegisterUser(&server.User{Account: account})
	return true
}

// admit finds whose key it is, or lets it join with a token. A key that is known
// needs no token: a runner that crashed while it joined comes with both.
func (h *Hub) admit(c server.ClientAuthentication, opts *server.ClientOpts) (name string, ok bool) {
	h.mu.Lock()
	r := h.byKey(opts.Nkey)
	joined := false
	if r == nil && opts.Token != "" {
		r = h.join(opts.Nkey, opts.Token)
		joined = r != nil
	}
	ok = r != nil && (!r.memory || inProcess(c))
	barred := ok && h.config.Now().Before(h.presence(r.Name).barred)
	ok = ok && !barred
	var older []uint64
	if ok {
		name = r.Name
		older = h.presence(name).connected(c.GetID())
	}
	h.mu.Unlock()
	switch {
	case barred:
		h.audit(r.Name, KeyRefused, "it is cut off for a while, from "+from(c))
	case !ok && opts.Token != "":
		h.audit("", JoinRefused, "token is used, expired or revoked, from "+from(c))
	case !ok:
		h.audit("", KeyRefused, "nobody's key, from "+from(c))
	case joined:
		h.audit(name, Joined, "from "+from(c))
	}
	if len(older) > 0 {
		h.audit(name, TwoConnections, "the newer one is from "+from(c))
		h.wg.Go(func() { h.disconnect(older) })
	}
	return name, ok
}

// byKey returns the record of a runner that joined; h.mu is held.
func (h *Hub) byKey(key string) *record {
	for _, r := range h.records {
		if r.Key == key {
			return r
		}
	}
	return nil
}

// join gives a key the record that a token was made for, in one write; nil if
// there is no such token, or no longer. h.mu is held: of two with one token one
// comes too late.
func (h *Hub) join(key, secret string) *record {
	raw, err := hex.DecodeString(secret)
	if err != nil {
		return nil
	}
	hash, now := runner.HashSecret(raw), h.config.Now()
	for _, r := range h.records {
		if r.Key != "" || r.Token != hash || now.After(r.Expires) {
			continue
		}
		joined := *r
		joined.Key, joined.Token, joined.Joined = key, "", now
		if err := h.put(&joined); err != nil {
			h.log.Error("a runner could not join", "runner", r.Name, "error", err)
			return nil
		}
		h.records[r.Name] = &joined
		return &joined
	}
	return nil
}

// permissions are the subjects of one runner, in any version of the protocol.
func permissions(name string) *server.Permissions {
	publish := []string{}
	for _, t := range []runner.Topic{runner.TopicHello, runner.TopicPulse, runner.TopicAnswer, runner.TopicRaise} {
		publish = append(publish, runner.AnyVersion(t, name))
	}
	return &server.Permissions{
		Publish:   &server.SubjectPermission{Allow: publish},
		Subscribe: &server.SubjectPermission{Allow: []string{runner.AnyVersion(runner.TopicDo, name)}},
	}
}

// disconnect cuts connections.
func (h *Hub) disconnect(ids []uint64) {
	for _, id := range ids {
		if err := h.server.DisconnectClientByID(id); err != nil {
			h.log.Debug("connection was gone already", "id", id)
		}
	}
}

// inProcess reports whether a connection has no socket.
func inProcess(c server.ClientAuthentication) bool {
	a := c.RemoteAddress()
	return a != nil && a.Network() == "pipe"
}

// from names where a connection comes from.
func from(c server.ClientAuthentication) string {
	a := c.RemoteAddress()
	if a == nil {
		return "an unknown address"
	}
	if tcp, ok := a.(*net.TCPAddr); ok {
		return tcp.IP.String()
	}
	return fmt.Sprint(a)
}
