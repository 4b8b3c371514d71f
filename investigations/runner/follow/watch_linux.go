package follow

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"time"

	"golang.org/x/sys/unix"
)

const (
	nonblock = unix.O_NONBLOCK

	// lookRarely, lookSeldom and lookOften are how often a file is looked at of
	// which nothing is heard: one that is watched whole, one behind a symbolic
	// link, whose other end may be given another name unheard, and one that
	// can't be watched.
	lookRarely = 5 * time.Second
	lookSeldom = time.Second
	lookOften  = 250 * time.Millisecond
	// rest is the least time between two looks: at a log that is written all the
	// time, more is read at a look instead.
	rest = 100 * time.Millisecond
)

// watch tells when a file may have changed: inotify(7) on the file, and on its
// directory for a new file of that name.
type watch struct {
	file *os.File  // nil: there is none
	dir  bool      // the directory is watched
	log  bool      // the file is, or is not there
	link bool      // the path goes through a symbolic link
	last time.Time // when a wait ended
	buf  [4096]byte
}

func newWatch(path string) *watch {
	w := new(watch)
	fd, err := unix.InotifyInit1(unix.IN_CLOEXEC | unix.IN_NONBLOCK)
	if err != nil { // the user's limit of instances: looking often does as well
		return w
	}
	w.file = os.NewFile(uintptr(fd), "inotify")
	_, err = unix.InotifyAddWatch(fd, filepath.Dir(path), unix.IN_CREATE|unix.IN_MOVED_TO|unix.IN_ONLYDIR)
	w.dir = err == nil
	_, err = unix.InotifyAddWatch(fd, path, unix.IN_MODIFY|unix.IN_MOVE_SELF|unix.IN_DELETE_SELF)
	w.log = err == nil || errors.Is(err, unix.ENOENT)
	end, err := filepath.EvalSymlinks(path)
	w.link = err == nil && end != filepath.Clean(path)
	return w
}

// whole reports whether nothing more can be watched for now: a directory that
// was missing may be there later.
func (w *watch) whole() bool { return w.file == nil || w.dir }

// wait waits until the file may have changed, for at most a time, or until ctx
// ends.
func (w *watch) wait(ctx context.Context, most time.Duration) {
	switch {
	case w.file == nil || !w.log:
		most = lookOften
	case w.link:
		most = min(most, lookSeldom)
	}
	if w.file == nil {
		sleep(ctx, most)
		return
	}
	interrupt := context.AfterFunc(ctx, func() { w.file.SetReadDeadline(time.Unix(1, 0)) })
	defer interrupt()
	w.file.SetReadDeadline(time.Now().Add(most))
	if ctx.Err() != nil {
		return
	}
	if _, err := w.file.Read(w.buf[:]); err == nil {
		sleep(ctx, rest-time.Since(w.last)) // a line after a silence is read at once
	}
	w.last = time.Now()
}

func (w *watch) close() {
	if w.file != nil {
		w.file.Close()
	}
}
