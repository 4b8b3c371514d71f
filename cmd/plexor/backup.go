package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"

	"github.com/plexorbot/plexor/bot"
	"github.com/plexorbot/plexor/store"
)

func backupCommand() command {
	return command{
		name: "backup", args: "FILE [-o json]", short: "writes a compact and consistent copy of the state",
		long: "It asks the running bot, or copies the state file itself where none runs. FILE must not exist.",
		run:  backupRun,
	}
}

func backupRun(ctx context.Context, p program) (int, error) {
	f := newFlags("backup")
	var w where
	w.flags(f.FlagSet)
	o := f.output()
	if err := f.parse(p.args, 1, 1); err != nil {
		return exitFailed, err
	}
	ask := func(c *client) error {
		_, err := c.download(ctx, "/api/v1/backup", f.args[0])
		return err
	}
	err := w.either(p.env, ask, func(s *store.Store) error { return s.Backup(f.args[0]) })
	if err != nil {
		return exitFailed, err
	}
	if *o == "json" {
		return exitOK, printJSON(p.out, map[string]string{"file": f.args[0]})
	}
	fmt.Fprintln(p.out, f.args[0])
	return exitOK, nil
}

// backupPrefix begins the names of directories, beside the state, in which
// copies are made. One that a bot died over is removed at the next start.
const backupPrefix = "backup-"

func removeHalfBackups(data string) error {
	left, err := filepath.Glob(filepath.Join(data, backupPrefix+"*"))
	for _, dir := range left {
		err = errors.Join(err, os.RemoveAll(dir))
	}
	return err
}

// backupHandler writes a compact copy into a temporary file and sends it.
func backupHandler(s *store.Store) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		dir, err := os.MkdirTemp(filepath.Dir(s.Path()), backupPrefix)
		if err == nil {
			defer os.RemoveAll(dir)
			file := filepath.Join(dir, "plexor.db")
			if err = s.Backup(file); err == nil {
				http.ServeFile(w, r, file)
				return
			}
		}
		bot.WriteError(w, http.StatusInternalServerError, "internal", "the backup could not be written: "+err.Error(), "")
	}
}
