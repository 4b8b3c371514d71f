package hub

import (
	"errors"
	"fmt"

	"github.com/nats-io/nats.go"
	"github.com/plexorbot/plexor/investigations/runner"
)

// receive makes a NATS handler of a frame handler. What it passes on is a frame
// of this version, of a kind that belongs on its subject, from the runner that
// is named; the rest is dropped, counted and audited.
func (h *Hub) receive(handle func(string, runner.Frame)) nats.MsgHandler {
	return func(m *nats.Msg) {
		version, name, ok := runner.ParseSubject(m.Subject)
		if !ok || !h.welcome(m, name) {
			return
		}
		f, err := runner.Decode(m.Data)
		if other, ok := versionOf(err, version); ok {
			h.refuse(name, version, other)
			return
		}
		if err == nil && runner.Subject(version, topics[f.Kind], name) != m.Subject {
			err = fmt.Errorf("%s frame on %s", f.Kind, m.Subject)
		}
		if err != nil {
			h.offend(name, BadFrame, err.Error(), len(m.Data))
			return
		}
		handle(name, f)
	}
}

// topics is where the kinds that a runner sends belong.
var topics = map[runner.Kind]runner.Topic{
	runner.KindHello: runner.TopicHello, runner.KindPulse: runner.TopicPulse, runner.KindRaise: runner.TopicRaise,
	runner.KindArmed: runner.TopicAnswer, runner.KindAnswer: runner.TopicAnswer,
}

// unasked is how much a runner may say by itself: messages a second, and at once.
var unasked = allowance{rate: 100, burst: 200}

// welcome reports whether a message of a runner is to be looked at: it was not
// revoked or cut off, and what it says by itself is not too much. Answers are
// bounded by the questions: see offend.
func (h *Hub) welcome(m *nats.Msg, name string) bool {
	h.mu.Lock()
	known := h.records[name] != nil
	within := true
	if known {
		p, now := h.presence(name), h.config.Now()
		known = !now.Before(p.barred)
		if m.Subject != runner.Subject(runner.Version, runner.TopicAnswer, name) {
			within = p.arrivals.take(now, unasked, 1)
		}
	}
	h.mu.Unlock()
	if known && !within {
		h.offend(name, TooMuch, fmt.Sprintf("more than %.0f messages a second", unasked.rate), len(m.Data))
	}
	return known && within
}

// versionOf says which other version a message is of, by its frame or else by
// its subject.
func versionOf(err error, subject int) (int, bool) {
	var v *runner.VersionError
	if errors.As(err, &v) {
		return v.Got, true
	}
	return subject, err != nil && subject != runner.Version
}

// refuse tells a runner of another version, on the subject where it hears, what
// it lacks.
func (h *Hub) refuse(name string, subject, version int) {
	what := "upgrade plexor-runner"
	if version > runner.Version {
		what = "upgrade the bot, or take the plexor-runner of its version"
	}
	why := fmt.Sprintf("runner speaks protocol version %d, the bot (plexor %s) speaks %d: %s", version, h.config.Version, runner.Version, what)
	h.audit(name, OtherVersion, why)
	h.sendTo(runner.Subject(subject, runner.TopicDo, name), runner.Frame{Kind: runner.KindRefused, Error: why})
}

// send sends a frame to a runner; what cannot be sent is logged.
func (h *Hub) send(name string, f runner.Frame) error {
	return h.sendTo(runner.Subject(runner.Version, runner.TopicDo, name), f)
}

func (h *Hub) sendTo(subject string, f runner.Frame) error {
	f.Clock = h.config.Now()
	data, err := runner.Encode(f)
	if err == nil {
		m := nats.NewMsg(subject)
		m.Data = data
		if f.Investigation != "" {
			m.Header.Set(runner.HeaderInvestigation, f.Investigation)
		}
		err = h.conn.PublishMsg(m)
	}
	if err != nil && h.ctx.Err() == nil {
		h.log.Warn("a frame was not sent", "subject", subject, "kind", f.Kind, "investigation", f.Investigation, "error", err)
	}
	return err
}
