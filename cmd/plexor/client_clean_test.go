package main

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// What a bot answers must not reach a terminal as control sequences.
func TestClientCleansErrors(t *testing.T) {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusBadRequest)
		w.Write([]byte(`{"error":{"message":"bad \u001b[2J\nmore","hint":"\u009b1m"}}`))
	}))
	t.Cleanup(s.Close)
	err := (&client{base: s.URL}).call(t.Context(), http.MethodGet, "/", nil, nil)
	bad, ok := err.(*usageError)
	if want := (usageError{"bad �[2J\nmore", "�1m"}); !ok || *bad != want {
		t.Errorf("call = %#v, want %#v", err, &want)
	}
}

// What a runner says of itself must not, either.
func TestRunnerListIsClean(t *testing.T) {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Write([]byte(`[{"name":"web","alive":true,"os":"\u001b]52;c;eA==\u0007","lacks":{"\u001b[2J":"\u202e\u009b1m"}}]`))
	}))
	t.Cleanup(s.Close)
	var out strings.Builder
	if err := runnerList(t.Context(), &out, &client{base: s.URL}, "text"); err != nil {
		t.Fatal(err)
	}
	if text := out.String(); strings.ContainsAny(text, "\x1b\x07\u009b\u202e") || !strings.Contains(text, "]52;c;eA==") {
		t.Errorf("plexor runner list prints %q", text)
	}
}
