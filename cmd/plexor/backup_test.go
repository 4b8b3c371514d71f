package main

import (
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/plexorbot/plexor/bot/workspace"
	"github.com/plexorbot/plexor/store"
)

// TestBackup copies the state of a bot that runs, over its API and with the
// command, and finds what was diagnosed in each copy.
func TestBackup(t *testing.T) {
	b := newBed(t, workspace.Config{})
	kill := b.start()
	b.ready()
	if _, err := b.control.Command(t.Context(), "ops", "U1", "/diagnose "+refusing(t)); err != nil {
		t.Fatal(err)
	}
	b.ended(1)
	id := b.newest()
	status, body := b.backup("")
	if status != http.StatusUnauthorized || strings.Contains(body, id) {
		t.Errorf("a backup without a token = %d %.80q, want 401", status, body)
	}
	if status, body = b.backup("Bearer token"); status != http.StatusOK {
		t.Fatalf("a backup = %d %.80q", status, body)
	}
	dir := t.TempDir()
	fromAPI, live, stopped := filepath.Join(dir, "api.db"), filepath.Join(dir, "live.db"), filepath.Join(dir, "stopped.db")
	if err := os.WriteFile(fromAPI, []byte(body), 0o600); err != nil {
		t.Fatal(err)
	}
	b.backUpTo(live, exitOK)
	b.backUpTo(live, exitFailed) // never over a file
	copies := func() bool {
		left, err := filepath.Glob(filepath.Join(filepath.Dir(b.stateFile()), backupPrefix+"*"))
		return err == nil && len(left) > 0
	}
	b.eventually("nothing is left beside the state", func() bool { return !copies() })
	kill()
	if err := os.Mkdir(filepath.Join(filepath.Dir(b.stateFile()), backupPrefix+"1"), 0o700); err != nil { // died in a backup
		t.Fatal(err)
	}
	kill = b.start()
	b.ready()
	if copies() {
		t.Error("half a backup outlives the start of a bot")
	}
	kill()
	b.backUpTo(stopped, exitOK)
	for _, file := range []string{fromAPI, live, stopped} {
		s, err := store.Open(file, store.Options{})
		if err != nil {
			t.Errorf("the copy %s: %v", file, err)
			continue
		}
		if inv, err := s.Investigation(id); err != nil || inv.Verdict == nil {
			t.Errorf("the copy %s has %+v, %v; want the investigation with its verdict", file, inv, err)
		}
		s.Close()
	}
}

func (b *bed) backUpTo(file string, want int) {
	b.t.Helper()
	if code, out, errs := b.plexor("backup", file, "--config", b.config); code != want {
		b.t.Errorf("plexor backup %s = %d %s%s, want %d", file, code, out, errs, want)
	}
}

// backup asks the API for a copy.
func (b *bed) backup(auth string) (int, string) {
	b.t.Helper()
	req, err := http.NewRequest(http.MethodGet, b.api+"/api/v1/backup", nil)
	if err != nil {
		b.t.Fatal(err)
	}
	req.Header.Set("Authorization", auth)
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		b.t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		b.t.Fatal(err)
	}
	return resp.StatusCode, string(text)
}
