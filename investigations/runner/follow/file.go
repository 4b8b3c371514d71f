package follow

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"time"
)

// logFile is a path, and the files that it names or named lately.
type logFile struct {
	feed  *feed
	path  string
	now   *tail   // that the path names
	old   []*tail // that it named: their writer may not know yet that they were renamed
	begun bool    // the path was looked at before: a file that is there now is new
	buf   []byte
}

const (
	// maxOld is how many renamed files are read at once.
	maxOld = 2
	// oldAge is how long a renamed file is read after nothing came any more.
	oldAge = time.Minute
	// chunk is how much is read at once, in bytes.
	chunk = 128 << 10
)

// followFile reads a file until ctx ends.
func (f *feed) followFile(ctx context.Context) error {
	l := &logFile{feed: f, path: f.source.Where, buf: make([]byte, chunk)}
	defer l.close()
	f.tick(time.Now())
	l.resume()
	w := newWatch(l.path)
	defer func() { w.close() }()
	for ctx.Err() == nil {
		changed, err := l.look(ctx)
		f.trouble(err)
		if changed || !w.whole() {
			w.close()
			w = newWatch(l.path)
			if changed {
				continue // what was written before the new watch stood
			}
		}
		w.wait(ctx, l.patience())
	}
	return ctx.Err()
}

// patience is how long nobody needs to look if nothing is heard of the file. What
// a watch does not see is renamed files, and the file's directory being renamed.
func (l *logFile) patience() time.Duration {
	if len(l.old) > 0 {
		return lookOften
	}
	return lookRarely
}

// look reads what there is to read, and reports whether the path names another
// file than before.
func (l *logFile) look(ctx context.Context) (changed bool, err error) {
	l.feed.tick(time.Now())
	changed, err = l.find()
	for _, t := range l.old {
		err = errors.Join(err, l.read(ctx, t))
	}
	if l.now != nil {
		err = errors.Join(err, l.read(ctx, l.now))
	}
	l.retire()
	l.keep()
	return changed, err
}

// find brings now to the file that the path names.
func (l *logFile) find() (changed bool, err error) {
	info, err := os.Stat(l.path)
	if l.now != nil && (err != nil || !os.SameFile(info, l.now.info)) {
		l.now.quiet = l.feed.now
		l.old = append(l.old, l.now)
		l.now, changed = nil, true
	}
	if errors.Is(err, fs.ErrNotExist) {
		l.begun = true
		return changed, err
	}
	if err != nil || l.now != nil {
		return changed, err
	}
	if t := l.returned(info); t != nil {
		l.now = t
		return true, nil
	}
	t, err := openTail(l.path, l.feed)
	if err != nil {
		return changed, err
	}
	if !l.begun {
		l.begun = true
		t.offset = t.info.Size()
		t.head = beginning(t.file, t.offset)
	}
	l.now = t
	return true, nil
}

// returned takes a renamed file back that has its name again.
func (l *logFile) returned(info fs.FileInfo) *tail {
	for i, t := range l.old {
		if os.SameFile(info, t.info) {
			l.old = append(l.old[:i:i], l.old[i+1:]...)
			return t
		}
	}
	return nil
}

// read reads a file up to its end.
func (l *logFile) read(ctx context.Context, t *tail) error {
	n, err := t.read(ctx, l.buf)
	if n > 0 {
		t.quiet = l.feed.now
	}
	if err != nil {
		return fmt.Errorf("read the log: %w", err)
	}
	return nil
}

// retire closes the renamed files in which nothing more is expected.
func (l *logFile) retire() {
	kept := l.old[:0]
	for i, t := range l.old {
		if l.feed.now.Sub(t.quiet) < oldAge && len(l.old)-i <= maxOld {
			kept = append(kept, t)
			continue
		}
		t.split.flush()
		t.close()
	}
	l.old = kept
}

// keep notes up to where the file was read, from the beginning of the line that
// has no end yet.
func (l *logFile) keep() {
	switch {
	case l.now != nil:
		l.feed.keep(l.now.place())
	case len(l.old) > 0:
		l.feed.keep(l.old[len(l.old)-1].place())
	default:
		l.feed.keep(place{})
	}
}

func (l *logFile) close() {
	for _, t := range l.old {
		t.close()
	}
	if l.now != nil {
		l.now.close()
	}
}
