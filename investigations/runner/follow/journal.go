package follow

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"strings"
	"time"
)

// followJournal reads the journal of a unit until ctx ends. The command is
// journalctl; its arguments are fixed but for the unit, which is no option, and
// the cursor, which journalctl gave. It ends by itself when nobody reads it.
func (f *feed) followJournal(ctx context.Context, command []string) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	args := []string{"--follow", "--quiet", "--output=export", "--output-fields=MESSAGE", "--unit=" + f.source.Where}
	from, _ := f.kept()
	if from.Cursor == "" {
		args = append(args, "--lines=0")
	} else {
		args = append(args, "--no-tail", "--after-cursor="+from.Cursor)
	}
	cmd := exec.CommandContext(ctx, command[0], append(command[1:len(command):len(command)], args...)...)
	var said tailText
	cmd.Stderr = &said
	out, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		return fmt.Errorf("read the journal: %w", err)
	}
	f.trouble(nil)
	entries := 0
	err = readExport(out, func(e exportEntry) {
		entries++
		f.tick(time.Now())
		f.line(e.message)
		f.keep(place{Cursor: e.cursor})
	})
	cancel()
	err = errors.Join(err, cmd.Wait())
	if entries == 0 && strings.Contains(said.String(), "cursor") {
		f.keep(place{}) // it is of another journal
	}
	return fmt.Errorf("read the journal: %w: %s", err, said.String())
}

// tailText keeps the end of what a program says.
type tailText struct{ text []byte }

// Write keeps at most the last 512 bytes.
func (t *tailText) Write(p []byte) (int, error) {
	t.text = append(t.text, p...)
	t.text = t.text[max(0, len(t.text)-512):]
	return len(p), nil
}

func (t *tailText) String() string { return text(t.text) }
