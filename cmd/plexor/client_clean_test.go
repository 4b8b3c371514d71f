package main

import (
	"net/http"
	"net/http/httptest"
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
