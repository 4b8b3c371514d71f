package runner

import (
	"encoding/json"
	"time"
)

// Version is the protocol version of this program.
const Version = 1

// MaxFrame is the largest frame, in bytes.
const MaxFrame = 256 << 10

// MaxRaise is the largest payload of a raise, in bytes.
const MaxRaise = 64 << 10

// HeaderInvestigation is the NATS message header that carries the
// investigation's id beside the frame.
const HeaderInvestigation = "Plexor-Investigation"

// Kind says what a frame is.
type Kind string

// The kinds that a runner sends.
const (
	KindHello  Kind = "hello"
	KindPulse  Kind = "pulse"
	KindArmed  Kind = "armed"
	KindAnswer Kind = "answer"
	KindRaise  Kind = "raise"
)

// The kinds that the bot sends.
const (
	KindWelcome  Kind = "welcome"
	KindAnnounce Kind = "announce" // say hello again
	KindRefused  Kind = "refused"
	KindProbe    Kind = "probe"
	KindFinish   Kind = "finish" // a watch has seen enough
	KindCancel   Kind = "cancel" // nobody waits for the answer
	KindTaken    Kind = "taken"  // a raise was taken over
)

// Frame is one message of the protocol.
type Frame struct {
	V             int             `json:"v"`
	Kind          Kind            `json:"kind"`
	Clock         time.Time       `json:"clock"`                   // when it was sent, by the sender's clock
	ID            string          `json:"id,omitempty"`            // of the request or raise; in hello and pulse of the runner's process
	Investigation string          `json:"investigation,omitempty"` // with probe, armed, answer, finish and cancel
	Check         string          `json:"check,omitempty"`         // the same
	Hello         *Hello          `json:"hello,omitempty"`
	Welcome       *Welcome        `json:"welcome,omitempty"`
	Probe         *Probe          `json:"probe,omitempty"`
	Answer        *Answer         `json:"answer,omitempty"`
	Raise         json.RawMessage `json:"raise,omitempty"`
	Error         string          `json:"error,omitempty"` // with refused: why, and what would help
}

// Hello is what a runner says of itself. Its name and labels are not here: the
// bot has them from the token that it made, and a host cannot give itself a
// role.
type Hello struct {
	Addresses []string          `json:"addresses"` // on real interfaces, canonical
	Host      string            `json:"host"`
	OS        string            `json:"os"` // GOOS/GOARCH
	Version   string            `json:"version"`
	Probes    []string          `json:"probes"`          // those that it can carry out
	Lacks     map[string]string `json:"lacks,omitempty"` // probe -> what it lacks
	PulseMS   int64             `json:"pulse_ms"`        // between two pulses
}

// Welcome is the bot's answer to hello.
type Welcome struct {
	Version string            `json:"version"`           // the bot's
	Lacks   map[string]string `json:"lacks,omitempty"`   // probes that the bot's plans use and this runner does not have
	Refused map[string]string `json:"refused,omitempty"` // addresses that do not count as this runner's, and why
}

// Probe asks for one probe.
type Probe struct {
	Name      string          `json:"name"`
	Args      json.RawMessage `json:"args"`
	TimeoutMS int64           `json:"timeout_ms"` // from its arrival
	Watch     bool            `json:"watch,omitempty"`
}

// Answer is what a probe came to.
type Answer struct {
	Facts    json.RawMessage `json:"facts,omitempty"`
	Error    string          `json:"error,omitempty"`
	Received time.Time       `json:"received"` // when the request came in, by the runner's clock
	Started  time.Time       `json:"started"`
	TookUS   int64           `json:"took_us"`
}
