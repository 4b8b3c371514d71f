package runner

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"
)

var update = flag.Bool("update", false, "write the golden frames of this version")

var noon = time.Date(2026, 11, 30, 12, 0, 0, 0, time.UTC)

// frames has one frame of each kind, with all that it may carry.
var frames = []Frame{
	{Kind: KindHello, ID: "P1", Hello: &Hello{
		Addresses: []string{"10.77.2.2", "2001:db8::2"}, Host: "web.test", OS: "linux/amd64", Version: "1.0.0",
		Probes: []string{"socket.listeners", "tcp.connect"}, Lacks: map[string]string{"tcp.watch": "needs CAP_NET_RAW"}, PulseMS: 3000,
	}},
	{Kind: KindPulse, ID: "P1"},
	{Kind: KindArmed, ID: "Q1", Investigation: "01J", Check: "watch"},
	{Kind: KindAnswer, ID: "Q1", Investigation: "01J", Check: "connect", Answer: &Answer{
		Facts: json.RawMessage(`{"refused":true}`), Received: noon, Started: noon.Add(time.Millisecond), TookUS: 1500,
	}},
	{Kind: KindRaise, ID: "R1", Raise: json.RawMessage(`{"line":"connect() failed (111: Connection refused)"}`)},
	{Kind: KindWelcome, Welcome: &Welcome{
		Version: "1.1.0", Lacks: map[string]string{"x.new": "plexor-runner 1.0.0 does not know it"}, Refused: map[string]string{"10.77.2.2": "is runner web's already"},
	}},
	{Kind: KindAnnounce},
	{Kind: KindRefused, Error: "runner speaks protocol version 2"},
	{Kind: KindProbe, ID: "Q1", Investigation: "01J", Check: "connect", Probe: &Probe{
		Name: "tcp.connect", Args: json.RawMessage(`{"addresses":["10.77.2.2"],"port":8080}`), TimeoutMS: 20000, Watch: true,
	}},
	{Kind: KindFinish, ID: "Q1", Investigation: "01J", Check: "watch"},
	{Kind: KindCancel, ID: "Q1", Investigation: "01J", Check: "watch"},
	{Kind: KindTaken, ID: "R1"},
}

// TestGolden holds the bytes of version 1: a runner in the field speaks them.
func TestGolden(t *testing.T) {
	seen := map[Kind]bool{}
	for _, f := range frames {
		f.V, f.Clock = Version, noon
		seen[f.Kind] = true
		path := filepath.Join("testdata", fmt.Sprintf("v%d", Version), string(f.Kind)+".json")
		got, err := Encode(f)
		if err != nil {
			t.Fatal(err)
		}
		if *update {
			if err := os.WriteFile(path, append(got, '\n'), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if string(got)+"\n" != string(want) {
			t.Errorf("Encode(%s) = %s, want %s", f.Kind, got, want)
		}
		back, err := Decode(want)
		if err != nil || !reflect.DeepEqual(back, f) {
			t.Errorf("Decode(%s) = %+v, %v, want %+v", path, back, err, f)
		}
	}
	for k := range carries {
		if !seen[k] {
			t.Errorf("kind %s has no golden frame", k)
		}
	}
}

func TestDecodeRefuses(t *testing.T) {
	hello := `{"v":1,"kind":"hello","clock":"2026-11-30T12:00:00Z","id":"P1","hello":{"addresses":%s,"host":"h","os":"o","version":"v","probes":[],"pulse_ms":%d}}`
	for _, c := range []struct{ in, want string }{
		// The package of JSON draws "cannot" or "unable to" anew in each process.
		{``, "unexpected EOF"},
		{`{}`, "without version"},
		{`{"v":null}`, "without version"},
		{`{"v":"1"}`, "unmarshal JSON string"},
		{`{"v":1}`, "unknown kind"},
		{`{"v":1,"kind":"shell","id":"x"}`, "unknown kind"},
		{`{"v":1,"kind":"pulse"}`, "lacks a part"},
		{`{"v":1,"kind":"pulse","id":"x","error":"y"}`, "lacks a part"},
		{`{"v":1,"kind":"pulse","id":"x","check":"y"}`, "lacks a part"},
		{`{"v":1,"kind":"pulse","id":"x","shell":"y"}`, "unknown object member"},
		{`{"v":1,"kind":"pulse","id":"x"} {}`, "after top-level"},
		{`{"v":1,"kind":"pulse","id":"` + strings.Repeat("x", 65) + `"}`, "too long"},
		{`{"v":1,"kind":"probe","id":"x","probe":{"name":"","args":{},"timeout_ms":1}}`, "name of the probe"},
		{`{"v":1,"kind":"probe","id":"x","probe":{"name":"p","args":{},"timeout_ms":0}}`, "timeout_ms"},
		{`{"v":1,"kind":"raise","id":"x","raise":"` + strings.Repeat("x", MaxRaise) + `"}`, "too large"},
		{fmt.Sprintf(hello, `["10.0.0.01"]`, 3000), "canonical"},
		{fmt.Sprintf(hello, `["::ffff:10.0.0.1"]`, 3000), "canonical"},
		{fmt.Sprintf(hello, `["fe80::1%eth0"]`, 3000), "canonical"},
		{fmt.Sprintf(hello, `["2001:DB8::1"]`, 3000), "canonical"},
		{fmt.Sprintf(hello, `["a"`+strings.Repeat(`,"a"`, 256)+`]`, 3000), "too many"},
		{fmt.Sprintf(hello, `[]`, 0), "pulse_ms"},
		{strings.Repeat("[", 200_000), "unmarshal JSON array"},
	} {
		if f, err := Decode([]byte(c.in)); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("Decode(%.80s) = %+v, %v, want %q", c.in, f, err, c.want)
		}
	}
	if _, err := Decode(make([]byte, MaxFrame+1)); !errors.Is(err, ErrTooLarge) {
		t.Errorf("Decode(too large) = %v, want %v", err, ErrTooLarge)
	}
	var v *VersionError
	if _, err := Decode([]byte(`{"v":2,"kind":"hello","new":{}}`)); !errors.As(err, &v) || v.Got != 2 {
		t.Errorf("Decode(version 2) = %v, want a VersionError", err)
	}
	big := Frame{Kind: KindAnswer, ID: "Q1", Answer: &Answer{Error: strings.Repeat("x", MaxFrame)}}
	if _, err := Encode(big); !errors.Is(err, ErrTooLarge) {
		t.Errorf("Encode(too large) = %v, want %v", err, ErrTooLarge)
	}
}

// FuzzDecode looks for messages that panic, and for frames that do not survive
// the way out and in again.
func FuzzDecode(f *testing.F) {
	for _, fr := range frames {
		data, err := Encode(fr)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Add([]byte(`{"v":2}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		first, err := Decode(data)
		if err != nil {
			return
		}
		again, err := Encode(first)
		if errors.Is(err, ErrTooLarge) || first.Clock.Year() > 9999 {
			return // escaping made it longer
		}
		if err != nil {
			t.Fatalf("Encode(Decode(%s)) = %v", data, err)
		}
		second, err := Decode(again)
		if errors.Is(err, ErrTooLarge) || err != nil && strings.Contains(err.Error(), "payload") {
			return
		}
		if err != nil {
			t.Fatalf("Decode(%s) = %v", again, err)
		}
		if second.Kind != first.Kind || second.ID != first.ID || !second.Clock.Equal(first.Clock) {
			t.Errorf("Decode(%s) = %+v, want %+v", again, second, first)
		}
	})
}

func TestToken(t *testing.T) {
	token := Token{Name: "web", Address: "10.77.3.2:4222", Pin: make([]byte, 32), Secret: NewSecret()}
	text := token.String()
	if strings.ContainsAny(text, " \n'\"$") {
		t.Errorf("String() = %q: not one word for a shell", text)
	}
	got, err := ParseToken(" " + text + "\n")
	if err != nil || !reflect.DeepEqual(got, token) {
		t.Errorf("ParseToken(String()) = %+v, %v, want %+v", got, err, token)
	}
	change := func(f func(*Token)) string {
		c := token
		f(&c)
		return c.String()
	}
	for _, bad := range []string{
		"", "plexor1_", text[1:], text[:len(text)-4], text + "AAAA", strings.Repeat("x", 1<<20), "plexor1_" + strings.Repeat("A", 4000),
		change(func(t *Token) { t.Name = "a.b" }), change(func(t *Token) { t.Pin = nil }), change(func(t *Token) { t.Secret = t.Secret[1:] }),
		change(func(t *Token) { t.Address = "10.77.3.2" }), change(func(t *Token) { t.Address = ":4222" }),
	} {
		if _, err := ParseToken(bad); !errors.Is(err, ErrToken) {
			t.Errorf("ParseToken(%.60q) = %v, want %v", bad, err, ErrToken)
		}
	}
}

func TestSubject(t *testing.T) {
	for _, topic := range []Topic{TopicHello, TopicDo} {
		s := Subject(3, topic, "web")
		if v, name, ok := ParseSubject(s); !ok || v != 3 || name != "web" {
			t.Errorf("ParseSubject(%s) = %d, %s, %v", s, v, name, ok)
		}
	}
	for _, s := range []string{"", "plexor", "plexor.1.do.web", "plexor.v.do.web", "plexor.v1.do.web.x", "plexor.v-1.do.web", "plexor.v99999.do.web"} {
		if v, name, ok := ParseSubject(s); ok {
			t.Errorf("ParseSubject(%q) = %d, %s, want nothing", s, v, name)
		}
	}
}
