package investigations

import (
	"encoding/json"
	"time"
)

// Schema is the version of the JSON form of an Investigation.
const Schema = 1

// State says how far an investigation is.
type State string

// The states of an investigation. The last three are final.
const (
	Running   State = "running"
	Concluded State = "concluded"
	Cancelled State = "cancelled"
	Failed    State = "failed"
)

// Ended reports whether nothing will happen any more in this state.
func (s State) Ended() bool { return s != Running && s != "" }

// Trigger says what started an investigation.
type Trigger struct {
	Kind    string `json:"kind"`              // command, alert, schedule, api or rerun
	By      string `json:"by,omitempty"`      // user id of a person, name of a source or schedule
	Channel string `json:"channel,omitempty"` // where the thread stands
	Thread  string `json:"thread,omitempty"`  // ts of a message of somebody else's to answer under
	Ref     string `json:"ref,omitempty"`     // event id, alert fingerprint, schedule id, investigation id
}

// Investigation is one run of a plan on a target, and all that it came to.
// Its JSON form is the same on the command line, in the API and in exports.
type Investigation struct {
	Schema     int               `json:"schema"`
	ID         string            `json:"id"` // a ULID: sorts by time
	Target     string            `json:"target"`
	Plan       string            `json:"plan"`
	Inputs     map[string]string `json:"inputs,omitempty"`
	Trigger    Trigger           `json:"trigger"`
	State      State             `json:"state"`
	Started    time.Time         `json:"started"`
	Ended      time.Time         `json:"ended,omitzero"`
	Error      string            `json:"error,omitempty"` // why it failed, as a sentence
	Resolution *Resolution       `json:"resolution,omitempty"`
	Verdict    *Verdict          `json:"verdict,omitempty"`
	Endpoints  []Endpoint        `json:"endpoints"`
}

// Resolution says where and to what a target was resolved.
type Resolution struct {
	On        string   `json:"on"`                  // the runner that resolved it
	Addresses []string `json:"addresses"`           // host:port of each endpoint found
	Refused   []string `json:"refused,omitempty"`   // found, but outside what may be diagnosed
	Truncated bool     `json:"truncated,omitempty"` // more were found than one investigation takes
}

// Endpoint is one address and port of the target, seen from one load balancer.
type Endpoint struct {
	Address string   `json:"address"`           // host:port; the target itself where nothing was resolved
	From    string   `json:"from,omitempty"`    // the runner that connects
	Backend string   `json:"backend,omitempty"` // the runner that has the address
	Verdict *Verdict `json:"verdict,omitempty"`
	Steps   []Step   `json:"steps"`
}

// Status is what a step came to.
type Status string

// The statuses of a step. Waiting ones have no word of their own: Pending
// before the first check of a step runs, Working while one does.
const (
	OK      Status = "ok"
	Problem Status = "problem"
	Unknown Status = "unknown"
	Skipped Status = "skipped"
	Pending Status = "pending"
	Working Status = "running"
)

// Step is a heading of the plan with its finding and the checks under it.
type Step struct {
	ID       string   `json:"id"`
	Title    string   `json:"title"`
	Status   Status   `json:"status"`
	Headline string   `json:"headline"`
	Evidence []string `json:"evidence,omitempty"`
	Checks   []Check  `json:"checks"`
}

// CheckState says how a check ended, or that it has not.
type CheckState string

// The states of a check.
const (
	CheckPending CheckState = "pending"
	CheckRunning CheckState = "running"
	CheckDone    CheckState = "done"
	CheckFailed  CheckState = "failed"
	CheckSkipped CheckState = "skipped"
)

// Check is one use of a probe, with the facts that came back. Error says why a
// failed check failed or a skipped one was skipped, as a clause a person reads.
type Check struct {
	ID      string          `json:"id"`
	Probe   string          `json:"probe"`
	On      string          `json:"on"` // the runner, or the vantage where there is none
	State   CheckState      `json:"state"`
	Started time.Time       `json:"started,omitzero"`
	TookMS  float64         `json:"took_ms,omitempty"`
	Args    json.RawMessage `json:"args,omitempty"`
	Facts   json.RawMessage `json:"facts,omitempty"`
	Error   string          `json:"error,omitempty"`
}

// VerdictKind is one of cause, healthy and inconclusive.
type VerdictKind string

// The kinds of verdict.
const (
	VerdictCause        VerdictKind = "cause"
	VerdictHealthy      VerdictKind = "healthy"
	VerdictInconclusive VerdictKind = "inconclusive"
)

// Verdict is the end of an investigation or of one endpoint of it.
type Verdict struct {
	Kind       VerdictKind  `json:"kind"`
	Headline   string       `json:"headline"`
	Causes     []Cause      `json:"causes,omitempty"`
	Candidates []Candidate  `json:"candidates,omitempty"`
	RuledOut   []string     `json:"ruled_out,omitempty"`
	NotChecked []NotChecked `json:"not_checked,omitempty"`
}

// Cause is a root cause that the facts prove.
type Cause struct {
	ID       string   `json:"id"`
	Headline string   `json:"headline"`
	On       string   `json:"on,omitempty"`       // the host that is to blame
	Endpoint string   `json:"endpoint,omitempty"` // host:port
	Proof    []Proof  `json:"proof"`
	Remedies []Remedy `json:"remedies"`
}

// Proof is one fact that a cause's expression rested on.
type Proof struct {
	Check string `json:"check"`
	Fact  string `json:"fact"`
	Value any    `json:"value"`
}

// Remedy is what a person does next.
type Remedy struct {
	Kind    string `json:"kind"` // fix, edit, inspect or elsewhere
	On      string `json:"on,omitempty"`
	Run     string `json:"run,omitempty"` // values in it are quoted for the shell
	Explain string `json:"explain"`
	Risk    string `json:"risk,omitempty"` // low, medium or high
	Verify  string `json:"verify,omitempty"`
}

// Candidate is a cause that the facts neither prove nor rule out, with what is
// lacking and what a person can run to learn it.
type Candidate struct {
	ID       string   `json:"id"`
	Headline string   `json:"headline,omitempty"`
	Missing  []string `json:"missing"`
	Commands []string `json:"commands,omitempty"`
}

// NotChecked is a check that gave no facts, and why.
type NotChecked struct {
	Check string `json:"check"`
	Why   string `json:"why"`
}
