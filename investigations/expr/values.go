package expr

import (
	"reflect"
	"slices"
	"sort"
	"strings"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"
)

// Values are what the expressions of an Env may see at one moment. They
// remember what was computed from them, so they are for one goroutine.
type Values struct {
	env     *Env
	goVals  map[string]any
	cached  map[string]ref.Val
	reasons map[string]string   // path -> why it is unknown, where that is not just "unset"
	hidden  map[string]struct{} // paths that are taken for unknown, to learn what a result rests on
	reads   *[]read             // the facts that were read, if anybody asks
}

type read struct {
	path  string
	value ref.Val
	asked bool // has() asked whether it was established
}

// NewValues takes the values of an Env's variables: a pointer to the struct, or
// a value, that NewEnv was told of. One that is nil or absent is unknown.
func (e *Env) NewValues(vars map[string]any) *Values {
	return &Values{env: e, goVals: vars, cached: map[string]ref.Val{}, reasons: map[string]string{}}
}

// ResolveName implements CEL's activation: a variable, or a defined condition.
func (s *Values) ResolveName(name string) (any, bool) {
	if v, ok := s.cached[name]; ok {
		return v, true
	}
	v, ok := s.resolve(name)
	if ok {
		s.cached[name] = v
	}
	return v, ok
}

// Parent implements CEL's activation.
func (s *Values) Parent() cel.Activation { return nil }

func (s *Values) resolve(name string) (ref.Val, bool) {
	if d, ok := s.env.defines[name]; ok {
		v := d.run(s)
		if types.IsError(v) {
			s.why(name, v.(*types.Err).Error())
			return unknown(name), true
		}
		return v, true
	}
	if _, ok := s.env.vars[name]; !ok {
		return nil, false
	}
	g := s.goVals[name]
	if g == nil {
		return unknown(name), true
	}
	v := reflect.ValueOf(g)
	if v.Kind() == reflect.Pointer && v.Elem().Kind() == reflect.Struct {
		return s.value(name, v), true
	}
	return s.read(name, v), true
}

// read gives the fact at path, unless it is hidden, and notes that it was read.
func (s *Values) read(path string, field reflect.Value) ref.Val {
	if _, ok := s.hidden[path]; ok {
		return unknown(path)
	}
	v := s.value(path, field)
	if s.reads != nil && !isObject(v) && !types.IsUnknown(v) {
		*s.reads = append(*s.reads, read{path, v, false})
	}
	return v
}

func (s *Values) why(path, reason string) { s.reasons[path] = reason }

// without gives the same values with some facts taken for unknown.
func (s *Values) without(hidden map[string]struct{}, reads *[]read) *Values {
	return &Values{env: s.env, goVals: s.goVals, cached: map[string]ref.Val{},
		reasons: map[string]string{}, hidden: hidden, reads: reads}
}

// Fact is a fact by its path, for example connect.icmp.from.
type Fact struct {
	Path  string
	Value any
}

// Proof gives the facts that a known result rests on: a smallest set of those
// that the expression read, with which alone it comes to the same. Of facts
// that could stand for each other the first read is kept.
func (x *Expr) Proof(s *Values) []Fact {
	var reads []read
	want := x.run(s.without(nil, &reads))
	if types.IsUnknownOrError(want) {
		return nil
	}
	hidden, asked := map[string]struct{}{}, map[string]bool{}
	for _, r := range reads {
		asked[r.path] = asked[r.path] || r.asked
	}
	for i := len(reads) - 1; i >= 0; i-- {
		path := reads[i].path
		if _, ok := hidden[path]; ok || asked[path] {
			continue
		}
		hidden[path] = struct{}{}
		var again []read
		got := x.run(s.without(hidden, &again))
		other := slices.ContainsFunc(again, func(r read) bool { _, ok := asked[r.path]; return !ok })
		if other || types.IsUnknownOrError(got) || got.Equal(want) != types.True {
			delete(hidden, path) // it is needed, or what it was read in place of would be
		}
	}
	return facts(reads, hidden)
}

// facts lists what was read and is not hidden, once each, in order. A list of
// structs stands for itself only where no field of its elements does.
func facts(reads []read, hidden map[string]struct{}) []Fact {
	seen := map[string]bool{}
	var out []Fact
	for i, r := range reads {
		if _, ok := hidden[r.path]; ok || seen[r.path] || coveredBy(reads[i+1:], hidden, r.path+"[") {
			continue
		}
		seen[r.path] = true
		out = append(out, Fact{r.path, native(r.value)})
	}
	return out
}

func coveredBy(reads []read, hidden map[string]struct{}, prefix string) bool {
	for _, r := range reads {
		if _, ok := hidden[r.path]; !ok && strings.HasPrefix(r.path, prefix) {
			return true
		}
	}
	return false
}

// Missing is a fact that a result lacks, by its path.
type Missing struct {
	Path string // check.field; empty for an evaluation error
	Why  string // a reason beside its absence, if there is one
}

func (s *Values) missing(v ref.Val) []Missing {
	if err, ok := v.(*types.Err); ok {
		return []Missing{{Why: err.Error()}}
	}
	u, ok := v.(*types.Unknown)
	if !ok {
		return nil
	}
	seen := map[string]bool{}
	var out []Missing
	for _, id := range u.IDs() {
		trails, _ := u.GetAttributeTrails(id)
		for _, t := range trails {
			if path := t.Variable(); !seen[path] {
				seen[path] = true
				out = append(out, s.lacking(path))
			}
		}
	}
	sort.Slice(out, func(i, j int) bool { return out[i].Path < out[j].Path })
	return out
}

func (s *Values) lacking(path string) Missing {
	if why, ok := strings.CutPrefix(path, notSure); ok {
		return Missing{Why: why}
	}
	return Missing{path, s.reasons[path]}
}
