package investigations

import (
	"net"
	"net/netip"
	"reflect"
	"strconv"
)

// targetVar is the variable target.
type targetVar struct {
	Text   *string `json:"text"`
	Kind   *string `json:"kind"` // address, name, url or upstream
	Host   *string `json:"host"`
	Port   *int64  `json:"port"` // unset for an upstream
	Scheme *string `json:"scheme"`
}

// String gives the target as it was asked for: {{ target }} in a text.
func (t targetVar) String() string {
	if t.Text == nil {
		return ""
	}
	return *t.Text
}

// endpointVar is the variable endpoint.
type endpointVar struct {
	Address  *string `json:"address"` // host:port
	IP       *string `json:"ip"`
	Port     *int64  `json:"port"`
	Family   *string `json:"family"` // ipv4 or ipv6
	Loopback *bool   `json:"loopback"`
}

// String gives host:port.
func (e endpointVar) String() string {
	if e.Address == nil {
		return ""
	}
	return *e.Address
}

// vantageVar is each of the variables lb, backend and local.
type vantageVar struct {
	Known     *bool             `json:"known"` // a runner is there, or was
	Alive     *bool             `json:"alive"`
	Lost      *bool             `json:"lost"` // it was there and does not answer any more
	Name      *string           `json:"name"`
	Host      *string           `json:"host"` // as people know it: the runner's name
	Addresses []string          `json:"addresses"`
	Labels    map[string]string `json:"labels"`
	Local     *bool             `json:"local"`    // the bot's own runner
	StandIn   *bool             `json:"stand_in"` // for lb: no load balancer's runner is there
}

// String gives the name of the host.
func (v vantageVar) String() string {
	if v.Host == nil {
		return ""
	}
	return *v.Host
}

var vantageNames = []string{"lb", "backend", "local"}

func set[T comparable](v T) *T {
	var zero T
	if v == zero {
		return nil
	}
	return &v
}

func varOfTarget(t Target) *targetVar {
	return &targetVar{Text: set(t.Text), Kind: set(t.Kind), Host: set(t.Host), Port: set(int64(t.Port)), Scheme: set(t.Scheme)}
}

// varOfEndpoint gives nil for what is no host:port.
func varOfEndpoint(address string) *endpointVar {
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return nil
	}
	n, err := strconv.ParseUint(port, 10, 16)
	if err != nil {
		return nil
	}
	v := &endpointVar{Address: &address, IP: &host, Port: new(int64(n))}
	if ip, err := netip.ParseAddr(host); err == nil {
		v.Loopback = new(ip.Unmap().IsLoopback())
		v.Family = new("ipv6")
		if ip.Unmap().Is4() {
			v.Family = new("ipv4")
		}
	}
	return v
}

func varOfVantage(v Vantage) *vantageVar {
	out := &vantageVar{Known: &v.Known, Local: &v.Local, StandIn: &v.StandIn}
	if v.Known { // of a host without a runner nothing is known, not even that it is lost
		out.Alive, out.Lost = new(!v.Lost), &v.Lost
		out.Name, out.Host = &v.Runner.Name, &v.Runner.Name
		out.Addresses, out.Labels = v.Runner.Addresses, v.Runner.Labels
	}
	return out
}

// listed gives the type of a check's facts at a label selector: the facts of
// each runner, and on, the runner's name.
func listed(facts reflect.Type) reflect.Type {
	var fields []reflect.StructField
	for f := range facts.Fields() {
		if f.IsExported() && f.Name != "On" {
			fields = append(fields, reflect.StructField{Name: f.Name, Type: f.Type, Tag: f.Tag})
		}
	}
	on := reflect.StructField{Name: "On", Type: reflect.TypeFor[*string](), Tag: `json:"on"`}
	return reflect.SliceOf(reflect.StructOf(append(fields, on)))
}

// givenType has a bool for each input: given.unit is whether unit was given.
func givenType(inputs []Input) reflect.Type {
	fields := make([]reflect.StructField, len(inputs))
	for i, in := range inputs {
		fields[i] = reflect.StructField{Name: "F" + strconv.Itoa(i), Type: reflect.TypeFor[*bool](),
			Tag: reflect.StructTag(`json:"` + in.Name + `"`)}
	}
	return reflect.StructOf(fields)
}

var inputTypes = map[string]reflect.Type{
	"target": nil, // the target has a variable of its own
	"string": reflect.TypeFor[string](),
	"int":    reflect.TypeFor[int64](),
	"bool":   reflect.TypeFor[bool](),
}

// inputValue gives an input's value in its type; nil if it is not one.
func inputValue(typ, text string) any {
	switch typ {
	case "int":
		if n, err := strconv.ParseInt(text, 10, 64); err == nil {
			return n
		}
		return nil
	case "bool":
		if b, err := strconv.ParseBool(text); err == nil {
			return b
		}
		return nil
	}
	return text
}
