package expr

import (
	"fmt"
	"reflect"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/ast"
	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"
	"cel.dev/cel-go/ext"
)

// The bounds of one expression: characters, depth, nested loops, and steps of
// evaluation as CEL counts them.
const (
	maxLength = 4096
	maxDepth  = 64
	maxNested = 2
	maxCost   = 2_000_000
)

// Env is the set of variables that the expressions of one plan may use.
type Env struct {
	// Lazy leaves expressions uncompiled until they are first used. It is for
	// plans that are known to be right: a mistake then shows as "not known".
	Lazy bool

	cel      *cel.Env
	types    *provider
	vars     map[string]*types.Type
	defines  map[string]*Expr
	compiled map[source]*Expr // plans say many things more than once
	quick    func() *quick
}

type source struct {
	text string
	want Kind
}

// NewEnv makes an environment of variables by the Go types of their values and
// of named conditions, which are bool. A struct's fields are known by their
// json names.
func NewEnv(vars map[string]reflect.Type, defines []string) (*Env, error) {
	p, err := newProvider()
	if err != nil {
		return nil, err
	}
	e := &Env{types: p, vars: map[string]*types.Type{}, defines: map[string]*Expr{}, compiled: map[source]*Expr{}}
	opts := []cel.EnvOption{
		cel.CustomTypeProvider(p), cel.CustomTypeAdapter(p.Registry),
		cel.DefaultUTCTimeZone(true), cel.ParserExpressionSizeLimit(maxLength), cel.ParserRecursionLimit(maxDepth),
		cel.ASTValidators(cel.ValidateComprehensionNestingLimit(maxNested), cel.ValidateRegexLiterals(),
			cel.ValidateDurationLiterals(), cel.ValidateTimestampLiterals()),
		ext.Strings(), ext.Lists(), sure(),
	}
	for name, t := range vars {
		ct, err := p.typeOf(t)
		if err != nil {
			return nil, fmt.Errorf("variable %s: %w", name, err)
		}
		e.vars[name] = ct
		opts = append(opts, cel.Variable(name, ct))
	}
	for _, name := range defines {
		e.vars[name] = types.BoolType
		opts = append(opts, cel.Variable(name, types.BoolType))
	}
	if e.cel, err = cel.NewCustomEnv(append([]cel.EnvOption{cel.StdLib()}, opts...)...); err != nil {
		return nil, fmt.Errorf("making the expression environment: %w", err)
	}
	e.quick = sync.OnceValue(func() *quick { return newQuick(e) })
	return e, nil
}

// Define gives a named condition its meaning; NewEnv was told its name. The
// caller sees to it that no condition needs itself.
func (e *Env) Define(name string, x *Expr) { e.defines[name] = x }

// Expr is an expression. It is safe for concurrent use.
type Expr struct {
	Source string

	env   *Env
	want  Kind
	once  sync.Once
	err   error
	names []string
	typ   *types.Type
	prog  cel.Program
}

// Kind is what an expression must give.
type Kind int

// The kinds of result that a plan asks for.
const (
	Any Kind = iota
	Condition
	Strings // a list of strings
)

// Compile checks and compiles an expression. The error is Errors; there is none
// if e is lazy. It is not to be called from two goroutines at once.
func (e *Env) Compile(src string, want Kind) (*Expr, error) {
	key := source{src, want}
	x, ok := e.compiled[key]
	if !ok {
		x = &Expr{Source: src, env: e, want: want}
		e.compiled[key] = x
	}
	if e.Lazy {
		return x, nil
	}
	if x.once.Do(x.compile); x.err != nil {
		return nil, x.err
	}
	return x, nil
}

// CompileAll compiles what is still to be compiled, on all processors.
func CompileAll(list []*Expr) {
	var wg sync.WaitGroup
	var next atomic.Int64
	for range runtime.GOMAXPROCS(0) {
		wg.Go(func() {
			for i := next.Add(1) - 1; i < int64(len(list)); i = next.Add(1) - 1 {
				list[i].once.Do(list[i].compile)
			}
		})
	}
	wg.Wait()
}

func (x *Expr) compile() {
	e := x.env
	if len(x.Source) > maxLength {
		x.err = Errors{{Line: 1, Message: fmt.Sprintf("the expression has more than %d characters", maxLength)}}
		return
	}
	checked, err := e.check(x.Source)
	if err != nil {
		x.err = err
		return
	}
	output := checked.GetType(checked.Expr().ID())
	if msg := wrongKind(x.want, output); msg != "" {
		x.err = Errors{{Line: 1, Message: msg}}
		return
	}
	prog, err := e.cel.PlanProgram(checked, cel.CostLimit(maxCost))
	if err != nil {
		x.err = Errors{{Line: 1, Message: err.Error()}}
		return
	}
	x.names, x.typ, x.prog = e.namesIn(checked), output, prog
}

// check gives the tree of an expression with its types. The error is Errors.
func (e *Env) check(src string) (*ast.AST, error) {
	if e.Lazy {
		if q := e.quick(); q != nil {
			if tree := q.check(src); tree != nil {
				return tree, nil
			}
		}
	}
	parsed, iss := e.cel.Parse(src)
	if iss.Err() != nil {
		return nil, e.errors(iss, nil)
	}
	checked, iss := e.cel.Check(parsed)
	if iss.Err() != nil {
		return nil, e.errors(iss, parsed)
	}
	return checked.NativeRep(), nil
}

func wrongKind(want Kind, got *types.Type) string {
	switch {
	case want == Condition && !got.IsExactType(types.BoolType):
		return fmt.Sprintf("a condition is true or false, and this gives %s", got)
	case want == Strings && !got.IsExactType(types.NewListType(types.StringType)):
		return fmt.Sprintf("this must give a list of strings, and it gives %s", got)
	}
	return ""
}

// namesIn gives the variables that an expression mentions, sorted.
func (e *Env) namesIn(a *ast.AST) []string {
	var names []string
	for _, r := range a.ReferenceMap() {
		if _, ok := e.vars[r.Name]; ok && !slices.Contains(names, r.Name) {
			names = append(names, r.Name)
		}
	}
	slices.Sort(names)
	return names
}

// Names gives the variables and conditions that the expression mentions, sorted.
func (x *Expr) Names() []string {
	if x.env.Lazy {
		return mentioned(x.Source, x.env.vars)
	}
	x.once.Do(x.compile)
	return x.names
}

// Result is what an expression came to: a value, or what it lacks.
type Result struct {
	Value   any // bool, int64, float64, string, time.Time, []any, map[string]any or a Go struct
	Known   bool
	Missing []Missing
}

// True reports whether the result is known and true.
func (r Result) True() bool { return r.Known && r.Value == true }

// Eval evaluates the expression.
func (x *Expr) Eval(s *Values) Result {
	v := x.run(s)
	if types.IsUnknownOrError(v) {
		return Result{Missing: s.missing(v)}
	}
	return Result{Value: native(v), Known: true}
}

// run evaluates to a CEL value, which may be an error or unknown.
func (x *Expr) run(s *Values) ref.Val {
	if x.once.Do(x.compile); x.err != nil {
		return types.WrapErr(x.err)
	}
	v, _, err := x.prog.Eval(s)
	if err != nil {
		return types.WrapErr(err)
	}
	return v
}

// notSure marks the trail of an unknown that sure made: the reason follows.
const notSure = "\x00"

// sure adds the function sure(condition, why): true if the condition is, and
// otherwise not known, for the reason given. It is for a "no" that rules
// nothing out: sure(owner.known, "nobody knows who should hold the port").
func sure() cel.EnvOption {
	return cel.Function("sure", cel.Overload("sure_bool_string", []*cel.Type{cel.BoolType, cel.StringType}, cel.BoolType,
		cel.BinaryBinding(func(cond, why ref.Val) ref.Val {
			if cond == types.True {
				return types.True
			}
			return unknown(notSure + Text(native(why)))
		})))
}
