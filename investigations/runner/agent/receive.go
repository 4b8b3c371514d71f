package agent

import (
	"context"
	"errors"

	"github.com/nats-io/nats.go"
	"github.com/plexorbot/plexor/investigations/runner"
)

// receive takes one message of the bot.
func (a *Agent) receive(ctx context.Context, m *nats.Msg) {
	f, err := runner.Decode(m.Data)
	var other *runner.VersionError
	switch {
	case errors.As(err, &other):
		a.log.Error("the bot speaks another version of the protocol", "bot", other.Got, "runner", runner.Version)
		return
	case err != nil:
		a.log.Warn("dropped what is no frame", "error", err)
		return
	}
	switch f.Kind {
	case runner.KindProbe:
		a.begin(ctx, f)
	case runner.KindFinish:
		a.finish(f.ID)
	case runner.KindCancel:
		a.cancel(f.ID)
	case runner.KindTaken:
		a.takenOver(f.ID)
	case runner.KindAnnounce:
		a.announceAgain()
	case runner.KindWelcome:
		a.log.Info("welcome", "bot", f.Welcome.Version, "lacks", f.Welcome.Lacks, "refused", f.Welcome.Refused)
	case runner.KindRefused:
		a.log.Error("the bot refuses", "why", f.Error)
	default:
		a.log.Warn("dropped a frame that is not for a runner", "kind", f.Kind)
	}
}

func (a *Agent) announceAgain() {
	a.mu.Lock()
	s := a.session
	a.mu.Unlock()
	if s == nil {
		return // hello is about to be said
	}
	if err := a.hello(s); err != nil {
		a.log.Warn("hello was not said", "error", err)
	}
}
