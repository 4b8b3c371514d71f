package agent

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"sync"
	"time"

	"github.com/plexorbot/plexor/investigations"
)

// auditLine is one probe in the host's own audit: what the bot asked for, and
// what became of it. Facts are the investigation's and are not here.
type auditLine struct {
	Time          time.Time       `json:"time"`
	Investigation string          `json:"investigation"`
	Check         string          `json:"check"`
	Probe         string          `json:"probe"`
	Args          json.RawMessage `json:"args,omitempty"`
	Verdict       string          `json:"verdict"` // allowed or refused
	TookMS        float64         `json:"took_ms"`
	Error         string          `json:"error,omitempty"`
}

// maxAuditArgs is how many bytes of arguments a line holds at most.
const maxAuditArgs = 2048

// audit writes one line.
func (a *Agent) audit(r investigations.Request, verdict string, answer investigations.Answer) {
	if a.config.Audit == nil {
		return
	}
	l := auditLine{
		Time: time.Now().UTC(), Investigation: r.Investigation, Check: r.Check, Probe: r.Probe, Args: r.Args,
		Verdict: verdict, TookMS: float64(answer.Took.Microseconds()) / 1000, Error: clip(answer.Error),
	}
	if len(l.Args) > maxAuditArgs || !json.Valid(l.Args) {
		l.Args, _ = json.Marshal(fmt.Sprintf("%d bytes", len(r.Args)))
	}
	data, err := json.Marshal(l)
	if err == nil {
		a.auditMu.Lock()
		_, err = a.config.Audit.Write(append(data, '\n'))
		a.auditMu.Unlock()
	}
	if err != nil {
		a.log.Error("audit was not written", "investigation", r.Investigation, "check", r.Check, "error", err)
	}
}

// File is a file that is set aside as NAME.1 when it has grown to Max bytes; the
// one before it is deleted. It is safe for use by several goroutines.
type File struct {
	Path string
	Max  int64 // bytes; 10 MiB if 0

	mu   sync.Mutex
	file *os.File
	size int64
}

// Write appends a line.
func (f *File) Write(line []byte) (int, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	limit := f.Max
	if limit == 0 {
		limit = 10 << 20
	}
	if err := f.open(); err != nil {
		return 0, err
	}
	if f.size > 0 && f.size+int64(len(line)) > limit {
		if err := errors.Join(f.setAside(), f.open()); err != nil {
			return 0, err
		}
	}
	n, err := f.file.Write(line)
	f.size += int64(n)
	return n, err
}

// open opens the file, if it is not open.
func (f *File) open() error {
	if f.file != nil {
		return nil
	}
	file, err := os.OpenFile(f.Path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	info, err := file.Stat()
	if err != nil {
		file.Close()
		return err
	}
	f.file, f.size = file, info.Size()
	return nil
}

// setAside closes the file and gives it its other name.
func (f *File) setAside() error {
	err := f.file.Close()
	f.file = nil
	if e := os.Rename(f.Path, f.Path+".1"); e != nil && !errors.Is(e, fs.ErrNotExist) {
		err = errors.Join(err, e)
	}
	return err
}

// Close closes the file; a later Write opens it again.
func (f *File) Close() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.file == nil {
		return nil
	}
	err := f.file.Close()
	f.file = nil
	return err
}
