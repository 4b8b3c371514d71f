package workspace

import (
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"strings"
	"time"
)

// state is everything the workspace remembers. The server's mutex guards it.
type state struct {
	team     team
	appID    string
	botID    string
	bot      *user
	users    []*user
	channels []*channel
	// ephemeral holds what only one person saw, oldest first.
	ephemeral []*Message
	triggers  map[string]*trigger
	responses map[string]*responseURL
	files     map[string]*storedFile
	lastTS    int64 // microseconds of the newest timestamp given out
	serial    int   // of ids
}

type team struct {
	ID     string `json:"id"`
	Name   string `json:"name"`
	Domain string `json:"domain"`
}

func newState(cfg Config) state {
	st := state{
		team: team{ID: "T1", Name: cfg.Team, Domain: strings.ToLower(cfg.Team)}, appID: cfg.AppID, botID: "B1",
		triggers: map[string]*trigger{}, responses: map[string]*responseURL{}, files: map[string]*storedFile{},
	}
	st.bot = &user{ID: "UB1", Name: cfg.BotName, RealName: title(cfg.BotName), Zone: "UTC", IsBot: true}
	st.users = []*user{
		{ID: "U1", Name: "ana", RealName: "Ana Silva", Zone: "Europe/Lisbon", IsAdmin: true},
		{ID: "U2", Name: "ben", RealName: "Ben Okafor", Zone: "Asia/Kolkata"},
		st.bot,
	}
	created := cfg.Now().Unix()
	for i, name := range []string{"ops", "alerts", "payments"} {
		st.channels = append(st.channels, &channel{
			ID: fmt.Sprintf("C%d", i+1), Name: name, Created: created, members: map[string]bool{"U1": true, "U2": true, st.bot.ID: true},
		})
	}
	return st
}

func title(s string) string {
	if s == "" {
		return s
	}
	return strings.ToUpper(s[:1]) + s[1:]
}

// newTS gives a message timestamp: seconds and microseconds, unique and rising whatever the clock does.
func (st *state) newTS(now time.Time) string {
	us := max(now.UnixMicro(), st.lastTS+1)
	st.lastTS = us
	return fmt.Sprintf("%d.%06d", us/1e6, us%1e6)
}

// newID gives an id in Slack's style: the prefix, then letters and digits.
func (st *state) newID(prefix string) string {
	st.serial++
	return fmt.Sprintf("%s%08X", prefix, st.serial)
}

// secret is an unguessable part of a URL or ticket.
func secret() string {
	b := make([]byte, 16)
	rand.Read(b) // never fails: crypto/rand ends the program instead
	return hex.EncodeToString(b)
}
