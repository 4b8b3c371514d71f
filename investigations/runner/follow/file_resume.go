package follow

import (
	"os"
	"path/filepath"
	"strings"
)

// resume opens the files at the place where they were left. The file that was
// read may have been renamed since, and another one may have its name.
func (l *logFile) resume() {
	at, known := l.feed.kept()
	if !known {
		return
	}
	l.begun = true
	if t := l.left(l.path, at); t != nil {
		l.now = t
		return
	}
	if at.Head.Size == 0 {
		return // it was empty, or not there: what is there now is new
	}
	for _, path := range siblings(l.path) {
		if t := l.left(path, at); t != nil {
			t.quiet = l.feed.now
			l.old = append(l.old, t)
			return
		}
	}
}

// left opens a file at a place, if it is the file that was left there.
func (l *logFile) left(path string, at place) *tail {
	t, err := openTail(path, l.feed)
	if err != nil {
		return nil
	}
	begin := beginning(t.file, int64(at.Head.Size))
	if at.Offset < 0 || at.Offset > t.info.Size() || headOf(begin) != at.Head {
		t.close()
		return nil
	}
	t.offset, t.head = at.Offset, begin
	return t
}

// maxSiblings bounds the files that are looked at for one that was renamed.
const maxSiblings = 64

// siblings are the files whose names begin like that of path: what logs are
// renamed to.
func siblings(path string) []string {
	dir, base := filepath.Split(path)
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil
	}
	var all []string
	for _, e := range entries {
		if len(all) < maxSiblings && e.Name() != base && strings.HasPrefix(e.Name(), base) && e.Type().IsRegular() {
			all = append(all, filepath.Join(dir, e.Name()))
		}
	}
	return all
}
