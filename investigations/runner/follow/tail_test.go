package follow

import (
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestTail reads a file look by look, as it is written, truncated and written
// again between them.
func TestTail(t *testing.T) {
	path := filepath.Join(t.TempDir(), "log")
	ty := newTally()
	f := &feed{source: Source{Program: "p", Kind: File, Where: path}, recognise: recognise, tally: ty, log: slog.New(slog.DiscardHandler)}
	f.tick(time.Now())
	var tl *tail
	look := func(text string, truncate bool, wantOffset int, want string) {
		t.Helper()
		flags := os.O_CREATE | os.O_WRONLY | os.O_APPEND
		if truncate {
			flags |= os.O_TRUNC
		}
		w, err := os.OpenFile(path, flags, 0o600)
		if err != nil {
			t.Fatal(err)
		}
		defer w.Close()
		w.WriteString(text)
		if tl == nil {
			if tl, err = openTail(path, f); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := tl.read(t.Context(), make([]byte, 64)); err != nil {
			t.Fatal(err)
		}
		if got := tl.place().Offset; got != int64(wantOffset) {
			t.Errorf("after %.20q the place is %d, want %d", text, got, wantOffset)
		}
		if ty.entries[want] == nil || len(ty.entries) != 1 {
			t.Errorf("after %.20q it saw %v, want %q", text, ty.entries, want)
		}
		clear(ty.entries)
	}
	look("refused a\nrefu", false, 10, "a")
	look("sed b\n", false, 20, "b")
	long := strings.Repeat("x", 300) + "\n"
	look(long+"refused c\n", false, 331, "c")
	look("refused d\n", true, 10, "d")
	look("refused e\n"+long+long, true, 612, "e") // longer than before
	tl.close()
}
