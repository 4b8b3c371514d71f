package expr

import (
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"
)

type inner struct {
	From *string `json:"from"`
	Code *int64  `json:"code"`
}

type facts1 struct {
	Refused *bool      `json:"refused"`
	Reset   *bool      `json:"reset"`
	Errno   *string    `json:"errno"`
	RTT     *float64   `json:"rtt_ms"`
	Since   *time.Time `json:"since"`
	ICMP    *inner     `json:"icmp"`
	List    []inner    `json:"list"`
	Names   []string   `json:"names"`
	Argv    [][]string `json:"argv"`
	hidden  *bool      // not exported: no fact
}

func testEnv(tb testing.TB) *Env {
	tb.Helper()
	e, err := NewEnv(map[string]reflect.Type{
		"connect": reflect.TypeFor[facts1](), "watch": reflect.TypeFor[facts1](),
		"ports": reflect.TypeFor[[]int64](), "labels": reflect.TypeFor[map[string]string](), "unit": reflect.TypeFor[string](),
	}, []string{"kernel"})
	if err != nil {
		tb.Fatal(err)
	}
	return e
}

func compile(tb testing.TB, e *Env, src string) *Expr {
	tb.Helper()
	x, err := e.Compile(src, Any)
	if err != nil {
		tb.Fatalf("Compile(%q): %v", src, err)
	}
	return x
}

func values(e *Env) *Values {
	return e.NewValues(map[string]any{
		"connect": &facts1{Refused: new(true), Errno: new("ECONNREFUSED"), RTT: new(0.25), Since: new(time.Unix(1e9, 0)),
			List:  []inner{{From: new("10.0.0.1"), Code: new(int64(3))}, {From: new("10.0.0.2")}},
			Names: []string{"a b", "c"}, Argv: [][]string{{"nft", "delete x"}, {"true"}}},
		"ports": []int64{4000, 4001}, "labels": map[string]string{"role": "lb"}, "unit": "web.service",
	})
}

func show(r Result) string {
	if r.Known {
		return fmt.Sprint(r.Value)
	}
	var words []string
	for _, m := range r.Missing {
		words = append(words, strings.TrimSuffix(m.Path+" ("+m.Why+")", " ()"))
	}
	return "? " + strings.Join(words, ", ")
}

func TestThreeValued(t *testing.T) {
	e := testEnv(t)
	e.Define("kernel", compile(t, e, `connect.refused && connect.reset`))
	for _, c := range []struct{ src, want string }{
		{`connect.refused`, "true"},
		{`connect.reset`, "? connect.reset"},
		{`!connect.reset`, "? connect.reset"},
		{`connect.refused && connect.reset`, "? connect.reset"},
		{`connect.reset && !connect.refused`, "false"},
		{`connect.reset || connect.refused`, "true"},
		{`connect.reset == false`, "? connect.reset"},
		{`watch.reset && connect.reset`, "? connect.reset, watch"},
		{`watch.reset && !connect.refused`, "false"},
		{`connect.icmp.from == "x"`, "? connect.icmp"},
		{`has(connect.icmp)`, "false"},
		{`has(connect.errno)`, "true"},
		{`has(watch.errno)`, "? watch"},
		{`connect.list.exists(l, l.code == 3)`, "true"},
		{`connect.list.exists(l, l.code == 4)`, "? connect.list[1].code"},
		{`connect.list.all(l, l.from != "")`, "true"},
		{`connect.list.filter(l, l.from == "10.0.0.2").map(l, l.from)`, "[10.0.0.2]"},
		{`connect.list[7].code == 3`, "?  (index out of bounds: 7)"},
		{`connect.list[7].code == 3 && !connect.refused`, "false"},
		{`labels["zone"] == "a"`, "?  (no such key: zone)"},
		{`labels["role"]`, "lb"},
		{`connect.reset ? 1 : 2`, "? connect.reset"},
		{`connect.refused ? 1 : connect.list[9].code`, "1"},
		{`connect.errno in ["ECONNREFUSED"]`, "true"},
		{`ports[0] + 1`, "4001"},
		{`kernel`, "? connect.reset"},
		{`kernel && !connect.refused`, "false"},
		{`connect.since < timestamp("2020-01-01T00:00:00Z")`, "true"},
		{`connect.names.join("+")`, "a b+c"},
		{`unit.endsWith(".service")`, "true"},
		{`sure(connect.refused, "x") && !connect.refused`, "false"},
		{`sure(!connect.refused, "nobody knows") || kernel`, "?  (nobody knows), connect.reset"},
		{`sure(connect.reset, "x")`, "? connect.reset"},
		{`connect.list.map(l, l.code)`, "? connect.list[1].code"},
	} {
		if got := show(compile(t, e, c.src).Eval(values(e))); got != c.want {
			t.Errorf("%s = %s, want %s", c.src, got, c.want)
		}
	}
}

// A fact that is not there must never count as false: whatever a set of facts
// proves or rules out, more facts leave as it is.
func TestMonotone(t *testing.T) {
	e := testEnv(t)
	e.Define("kernel", compile(t, e, `connect.refused || watch.refused`))
	full := func() map[string]*bool {
		return map[string]*bool{"cr": new(true), "cs": new(false), "wr": new(false), "ws": new(true)}
	}
	for _, src := range []string{
		`connect.refused && !connect.reset`, `kernel && !watch.reset`, `watch.refused ? connect.reset : connect.refused`,
		`[connect.refused, watch.refused].exists(b, b)`, `!(connect.reset || watch.refused) && kernel`,
	} {
		x := compile(t, e, src)
		run := func(f map[string]*bool) Result {
			return x.Eval(e.NewValues(map[string]any{"connect": &facts1{Refused: f["cr"], Reset: f["cs"]}, "watch": &facts1{Refused: f["wr"], Reset: f["ws"]}}))
		}
		want := run(full())
		for mask := range 16 {
			f := full()
			for i, k := range []string{"cr", "cs", "wr", "ws"} {
				if mask&(1<<i) != 0 {
					f[k] = nil
				}
			}
			if got := run(f); got.Known && got.Value != want.Value {
				t.Errorf("%s with facts %04b hidden = %v, with all of them %v", src, mask, got.Value, want.Value)
			}
		}
	}
}

func TestProof(t *testing.T) {
	e := testEnv(t)
	e.Define("kernel", compile(t, e, `connect.refused && connect.errno == "ECONNREFUSED"`))
	for _, c := range []struct{ src, want string }{
		{`connect.refused && connect.errno != "x"`, "connect.refused=true connect.errno=ECONNREFUSED"},
		{`connect.refused || connect.errno == "x"`, "connect.refused=true"},
		{`connect.errno == "x" || connect.refused`, "connect.refused=true"},
		{`kernel && unit != ""`, "connect.refused=true connect.errno=ECONNREFUSED unit=web.service"},
		{`connect.list.exists(l, l.from == "10.0.0.2")`, "connect.list[1].from=10.0.0.2"},
		{`has(connect.errno) && !has(connect.reset)`, "connect.errno=ECONNREFUSED"},
		{`has(connect.reset) ? connect.reset : connect.refused`, "connect.refused=true"},
		{`connect.reset`, ""},
		// What would be read in place of a fact is no proof: it was not read.
		{`!(connect.errno == "x" && unit == "nope")`, "connect.errno=ECONNREFUSED"},
	} {
		var got []string
		for _, f := range compile(t, e, c.src).Proof(values(e)) {
			got = append(got, f.Path+"="+Text(f.Value))
		}
		if g := strings.Join(got, " "); g != c.want {
			t.Errorf("proof of %s = %s, want %s", c.src, g, c.want)
		}
	}
}

func TestMistakes(t *testing.T) {
	e := testEnv(t)
	for _, c := range []struct{ src, want string }{
		{`connect.refusd`, "1:8: connect.refusd: no such fact; did you mean connect.refused?"},
		{`conect.refused`, "1:1: conect: no such check, input, condition or function; did you mean connect?"},
		{`connect.icmp.form == ""`, "1:13: connect.icmp.form: no such fact; did you mean connect.icmp.from?"},
		{`connect.list[0].cod == 1`, "1:16: cod: no such fact; did you mean code?"},
		{`connect.errno == 3`, "1:15: == does not take (string, int)"},
		{`connect.errno &&`, "1:17: syntax: the expression ends too early"},
		{`connect.errno) && true`, "1:14: syntax: ) does not belong here"},
		{`ports.refused`, "1:6: a list has no facts; a check at labels gives"},
		{`[1].map(a, [1].map(b, [1].map(c, c)))`, "1:30: comprehension exceeds nesting limit"},
		{`"x".matches("(")`, "1:13: invalid matches argument"},
		{strings.Repeat("1+", 4000) + "1", "1:1: the expression has more than 4096 characters"},
	} {
		_, err := e.Compile(c.src, Any)
		if err == nil || !strings.HasPrefix(err.Error(), c.want) {
			t.Errorf("Compile(%.40q) = %v, want %s", c.src, err, c.want)
		}
	}
	if _, err := e.Compile(`connect.errno`, Condition); err == nil {
		t.Error("Compile as a condition of a string: no error")
	}
	if _, err := e.Compile(`ports`, Strings); err == nil {
		t.Error("Compile as strings of numbers: no error")
	}
}

func TestCostIsBounded(t *testing.T) {
	e := testEnv(t)
	big := make([]int64, maxList)
	s := e.NewValues(map[string]any{"ports": big})
	r := compile(t, e, `ports.all(a, ports.all(b, a + b == 0 || string(a) != string(b)))`).Eval(s)
	if r.Known || len(r.Missing) != 1 || !strings.Contains(r.Missing[0].Why, "cost") {
		t.Errorf("16 million steps = %v, want an end for its cost", show(r))
	}
	s = e.NewValues(map[string]any{"ports": make([]int64, maxList+1)})
	if got := show(compile(t, e, `ports.exists(p, p == 1)`).Eval(s)); got != "? ports (more than 4096 entries)" {
		t.Errorf("a list over the limit = %s", got)
	}
}

func TestTemplates(t *testing.T) {
	e := testEnv(t)
	for _, c := range []struct{ src, want string }{
		{`{{ ports }}`, "[4000 4001]"},
		{` {{ ports[0] }}`, " 4000"},
		{`{{ unit }} took {{ connect.rtt_ms }} ms since {{ connect.since }}`, "web.service took 0.25 ms since 2001-09-09 01:46:40 UTC"},
		{`{{ connect.names }}`, "[a b c]"},
		{`is {{ connect.names }}`, "is a b, c"},
		{`{{ "}}" + "{{" }}x`, "}}{{x"},
		{`plain`, "plain"},
		{`{{ connect.reset }}`, "? connect.reset"},
		{`it is {{ connect.reset }}`, "? connect.reset"},
	} {
		tm, err := e.Template(c.src)
		if err != nil {
			t.Errorf("Template(%q): %v", c.src, err)
			continue
		}
		if got := show(tm.Eval(values(e))); got != c.want {
			t.Errorf("%q = %q, want %q", c.src, got, c.want)
		}
	}
	tm, _ := e.Template(`reset: {{ connect.reset }}`)
	if got := tm.Text(values(e)); got != "reset: not known" {
		t.Errorf("text of an unknown = %q", got)
	}
	for src, want := range map[string]string{
		"a {{ unit":                   "1:3: {{ without }}",
		"a\nbc {{ connect.errn }} {{": "2:23: {{ without }}",
		"a\nbc {{ connect.errn }}":    "2:14: connect.errn: no such fact; did you mean connect.errno?",
	} {
		if _, err := e.Template(src); err == nil || !strings.HasSuffix(err.Error(), want) {
			t.Errorf("Template(%q) = %v, want %s", src, err, want)
		}
	}
}

func TestShell(t *testing.T) {
	e := testEnv(t)
	for _, c := range []struct{ src, want string }{
		{`systemctl start {{ unit }}`, "systemctl start web.service"},
		{`{{ connect.argv }}`, "nft 'delete x' && true"},
		{`{{ connect.argv.map(c, ["sudo"] + c) }}`, "sudo nft 'delete x' && sudo true"},
		{`cat {{ connect.names }} '$x' | wc`, "cat 'a b' c '$x' | wc"},
		{`echo {{ "a;rm -rf $(x)'" }}`, `echo 'a;rm -rf $(x)'\'''`},
		{`echo {{ "a\nb\x1b" }}`, `echo $'a\x0ab\x1b'`},
	} {
		tm, err := e.Shell(c.src)
		if err != nil {
			t.Errorf("Shell(%q): %v", c.src, err)
			continue
		}
		if got := show(tm.Eval(values(e))); got != c.want {
			t.Errorf("%q = %q, want %q", c.src, got, c.want)
		}
	}
	for src, known := range map[string]bool{
		`systemctl start {{ "--host=evil" }}`: false, `{{ "-x" }}`: false, `echo a={{ "-x" }}`: true, `echo {{ "a-x" }}`: true, `echo {{ ["-x"] }}`: true,
	} {
		tm, err := e.Shell(src)
		if err != nil {
			t.Fatal(err)
		}
		if r := tm.Eval(values(e)); r.Known != known {
			t.Errorf("%s known = %v (%v), want %v", src, r.Known, r.Missing, known)
		}
	}
	for _, src := range []string{`echo '{{ unit }}'`, `echo "a {{ unit }}"`, "echo `{{ unit }}`", `echo \{{ unit }}`, `cat <<{{ unit }}`} {
		if _, err := e.Shell(src); err == nil {
			t.Errorf("Shell(%q): no error", src)
		}
	}
}

func TestNearest(t *testing.T) {
	for _, c := range []struct{ name, want string }{{"refusd", "refused"}, {"rest", "reset"}, {"xyzzy", ""}, {"icpm", "icmp"}} {
		if got := Nearest(c.name, []string{"refused", "reset", "icmp"}); got != c.want {
			t.Errorf("Nearest(%s) = %q, want %q", c.name, got, c.want)
		}
	}
}

func BenchmarkCompile(b *testing.B) {
	e := testEnv(b)
	for i := 0; b.Loop(); i++ { // each is new to the Env, which keeps what it compiled
		compile(b, e, fmt.Sprintf(`connect.refused && !watch.reset && connect.list.exists(l, l.code == %d)`, i))
	}
}

func BenchmarkEval(b *testing.B) {
	e := testEnv(b)
	x := compile(b, e, `connect.refused && connect.errno in ["a", "ECONNREFUSED"] && connect.list.exists(l, l.code == 3)`)
	for b.Loop() {
		if r := x.Eval(values(e)); !r.True() {
			b.Fatal(show(r))
		}
	}
}
