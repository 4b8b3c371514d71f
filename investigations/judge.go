package investigations

import "encoding/json"

// Vantage is a place where checks run, as expressions see it. The zero value
// says that nobody is there.
type Vantage struct {
	Runner  Runner
	Known   bool // a runner is there, or was
	Lost    bool // it was there and does not answer any more
	StandIn bool // for lb: the local runner connects because no runner is a load balancer's
	Local   bool // the bot's own runner
}

// Known is what the expressions of one endpoint may see.
type Known struct {
	Target   Target
	Inputs   map[string]string
	Endpoint string             // host:port; "" before resolution
	Vantages map[string]Vantage // lb, backend, local
	Ports    []int64            // source ports chosen for this endpoint's paired check
	Checks   []Check            // every check so far, in whatever state
}

// Missing is a fact that an expression lacks.
type Missing struct {
	Check string // id of the check; empty for what is not a check's
	Fact  string // path of the field, for example icmp.from; empty for all of the check
	Why   string // a clause that a person reads
	Final bool   // it will not come any more
}

// Truth is the value of a condition: three-valued, because facts may be absent.
type Truth int

// The values of a condition. Open is "not known": Missing says what is lacking.
const (
	Open Truth = iota
	False
	True
)

// Judged is where a cause stands.
type Judged struct {
	ID       string
	Truth    Truth
	Missing  []Missing
	Explains []string
}

// Judgement is a plan applied to what is known.
type Judgement struct{}

// Judge applies the plan to what is known. It is cheap and pure: make a new one
// whenever a check ends.
func (p *Plan) Judge(k Known) *Judgement { return &Judgement{} }

// Endpoints gives the host:port list of the target, or what it lacks.
func (j *Judgement) Endpoints() ([]string, []Missing) { return nil, nil }

// Ready gives a check's arguments, and whether its condition lets it run. args
// is nil while something is missing. An error is a mistake in the plan's values.
func (j *Judgement) Ready(check string) (args json.RawMessage, run Truth, missing []Missing, err error) {
	return nil, Open, nil, nil
}

// Finding gives the step's finding; settled reports that no check that is still
// to come could change it.
func (j *Judgement) Finding(step string) (finding Step, settled bool) { return Step{}, false }

// Healthy judges the plan's healthy condition.
func (j *Judgement) Healthy() (Truth, []Missing) { return Open, nil }

// Causes judges every cause, in plan order.
func (j *Judgement) Causes() []Judged { return nil }

// Cause renders a proved cause: headline, host, proof, remedies.
func (j *Judgement) Cause(id string) Cause { return Cause{} }

// Candidate renders an open cause, with what it lacks and what a person can run.
func (j *Judgement) Candidate(id string) Candidate { return Candidate{} }
