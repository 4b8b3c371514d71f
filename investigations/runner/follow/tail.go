package follow

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"time"
)

// maxBehind is how much that was written since the last look is read, in bytes.
// Of more, the end is.
const maxBehind = 64 << 20

// tail is one open file.
type tail struct {
	feed   *feed
	file   *os.File
	info   fs.FileInfo // as it was opened
	offset int64       // up to where it was read
	head   []byte      // its beginning, as far as it was read; at most maxHead
	split  splitter
	quiet  time.Time // since when nothing came
}

// openTail opens a regular file at its beginning. A pipe would keep who opens it
// waiting, and takes from others what it gives.
func openTail(path string, f *feed) (*tail, error) {
	file, err := os.OpenFile(path, os.O_RDONLY|nonblock, 0)
	if err != nil {
		return nil, err
	}
	info, err := file.Stat()
	if err == nil && !info.Mode().IsRegular() {
		err = fmt.Errorf("%s is not a regular file", path)
	}
	if err != nil {
		file.Close()
		return nil, err
	}
	return &tail{feed: f, file: file, info: info, split: splitter{take: f.line}}, nil
}

// read reads up to the end that the file has now, and returns how much that was.
func (t *tail) read(ctx context.Context, buf []byte) (total int64, err error) {
	info, err := t.file.Stat()
	if err != nil {
		return 0, err
	}
	size := info.Size()
	if size < t.offset || size > t.offset && !beginsWith(t.file, t.head) {
		t.restart()
	}
	t.catchUp(size)
	for t.offset < size && ctx.Err() == nil {
		n, err := t.file.ReadAt(buf[:min(int64(len(buf)), size-t.offset)], t.offset)
		t.identify(buf[:n])
		t.offset += int64(n)
		total += int64(n)
		t.split.write(buf[:n])
		if errors.Is(err, io.EOF) {
			break // it was truncated meanwhile
		}
		if err != nil {
			return total, err
		}
	}
	return total, nil
}

// restart begins anew: the file was truncated.
func (t *tail) restart() {
	t.feed.log.Info("a log was truncated", "log", t.feed.source.String())
	t.split.flush()
	t.offset, t.head = 0, nil
}

// catchUp leaves out what is too much to be read.
func (t *tail) catchUp(size int64) {
	behind := size - t.offset
	if behind <= maxBehind {
		return
	}
	t.feed.log.Warn("too much was written to a log at once: only its end is read", "log", t.feed.source.String(), "left_out_bytes", behind-maxBehind)
	t.feed.sieve.miss(1)
	t.offset = size - maxBehind
	t.split.skip()
}

// identify adds what is read to what is known of the beginning. It is not read
// again for that: by then it may be another.
func (t *tail) identify(read []byte) {
	if t.offset == int64(len(t.head)) {
		t.head = append(t.head, read[:min(len(read), maxHead-len(t.head))]...)
	}
}

func (t *tail) place() place { return place{Offset: t.offset - t.split.begun, Head: headOf(t.head)} }

func (t *tail) close() { t.file.Close() }
