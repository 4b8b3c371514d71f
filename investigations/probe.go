package investigations

import (
	"context"
	"encoding/json"
	"reflect"
	"time"
)

// ProbeSpec describes a probe to plans and to the engine: its name, the types
// of its arguments and facts, and how it is to be started. Both types are plain
// structs without build tags, with json names, so that a plan loads anywhere.
// Every field of Facts is a pointer, a slice or a map: an unset one is a fact
// that was not established, never false.
type ProbeSpec struct {
	Name    string       // for example tcp.connect
	Help    string       // one sentence
	Args    reflect.Type // a struct
	Facts   reflect.Type // a struct
	Timeout time.Duration
	Slow    bool // started only while an open cause needs its facts
	Watch   bool // armed before its paired check starts, ended after it
}

// Catalog is the closed list of probes, by name.
type Catalog map[string]ProbeSpec

// Request asks a runner for one probe.
type Request struct {
	Investigation string          `json:"investigation"`
	Check         string          `json:"check"` // the check's id
	Probe         string          `json:"probe"`
	Args          json.RawMessage `json:"args"`
	Timeout       time.Duration   `json:"timeout"`

	// Armed, if not nil, is called once when a watch is armed, before the
	// answer. Finish, if not nil, is closed when a watch has seen enough.
	Armed  func()          `json:"-"`
	Finish <-chan struct{} `json:"-"`
}

// Answer is what a runner says to a Request.
type Answer struct {
	Facts   json.RawMessage `json:"facts,omitempty"`
	Error   string          `json:"error,omitempty"` // the probe failed: a clause that a person reads
	Started time.Time       `json:"started"`         // by the runner's clock
	Took    time.Duration   `json:"took"`
}

// Runner is what is known of an agent that carries out probes.
type Runner struct {
	Name      string            `json:"name"`
	Labels    map[string]string `json:"labels,omitempty"`
	Addresses []string          `json:"addresses"` // on real interfaces, without loopback and container bridges
	Host      string            `json:"host"`      // its host's own name
	OS        string            `json:"os"`
	Version   string            `json:"version"`
	Probes    []string          `json:"probes"`          // those that it can carry out
	Alive     bool              `json:"alive"`           // false: it was here and is lost
	Awaited   bool              `json:"-"`               // not alive, but the bot has just started and it is expected back
	Seen      time.Time         `json:"seen"`            // last sign of life, by the bot's clock
	Offset    time.Duration     `json:"offset"`          // its clock minus the bot's
	Lacks     map[string]string `json:"lacks,omitempty"` // probe -> what it lacks ("needs CAP_NET_ADMIN")
}

// Dispatcher carries probes to runners. Probe returns an error only if no
// runner answered (lost, unknown, at its deadline); a probe that failed is an
// Answer with an Error.
type Dispatcher interface {
	Runners(ctx context.Context) ([]Runner, error)
	Probe(ctx context.Context, runner string, r Request) (Answer, error)
}
