package probe

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"
)

const (
	memorySchema = 1
	memoryPoll   = 3 * time.Second
	// memoryFresh is how old a port's Until on the disk may become while its
	// holder still holds it.
	memoryFresh = 10 * time.Minute
	memoryPorts = 1024    // at most remembered; the longest gone are forgotten first
	memoryBytes = 1 << 20 // at most read from the disk
	// memoryBeside is how many ports are remembered beside one.
	memoryBeside = 32
)

// Held is what is remembered of a port: who held it, and until when.
type Held struct {
	Port    uint16    `json:"port"`
	Address string    `json:"address"` // it was bound to
	Process string    `json:"process,omitempty"`
	Command string    `json:"command,omitempty"` // secrets masked
	Unit    string    `json:"unit,omitempty"`
	UID     *int64    `json:"uid,omitempty"` // the process's real one
	PID     int       `json:"pid,omitempty"`
	Start   uint64    `json:"start,omitempty"` // of the process, in clock ticks since boot: tells it from a later one of its number
	Since   time.Time `json:"since"`
	Until   time.Time `json:"until"`            // last seen
	Beside  []uint16  `json:"beside,omitempty"` // ports that its unit held at the same time, sorted
	Now     bool      `json:"-"`                // it holds the port as far as is known
}

// listening is a listening socket, as far as the memory looks at it.
type listening struct {
	address netip.Addr
	port    uint16
	inode   uint32
}

// PortMemory remembers who held each listening TCP port of this host: how a
// service that was stopped is known to be the one that is missing. A port's
// owner is looked up once, when a listener appears. Linux only; elsewhere it
// stays empty.
type PortMemory struct {
	path string
	log  *slog.Logger

	mu    sync.Mutex
	ports map[uint16]*Held

	looking sync.Mutex // held by who looks; guards what follows
	watch   *listenerWatch
	inodes  map[uint32]bool // of the sockets that listened at the last look
	saved   time.Time
}

// NewPortMemory reads what is remembered in a file, "" for none. A file that
// is missing or damaged is an empty memory; one of a newer schema is an error.
func NewPortMemory(path string, log *slog.Logger) (*PortMemory, error) {
	m := &PortMemory{path: path, log: log, ports: map[uint16]*Held{}, inodes: map[uint32]bool{}}
	if path == "" {
		return m, nil
	}
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return m, nil
	}
	if err != nil {
		return nil, fmt.Errorf("open the port memory: %w", err)
	}
	defer f.Close()
	if err := m.read(f); err != nil {
		return nil, fmt.Errorf("read the port memory %s: %w", path, err)
	}
	return m, nil
}

// Run watches the host's listeners until ctx ends, and keeps the memory on the
// disk.
func (m *PortMemory) Run(ctx context.Context) error {
	tick := time.NewTicker(memoryPoll)
	defer tick.Stop()
	for {
		if err := m.Look(); errors.Is(err, errors.ErrUnsupported) {
			<-ctx.Done()
			return nil
		} else if err != nil {
			m.log.Warn("port memory: cannot look", "err", err)
		}
		select {
		case <-ctx.Done():
			m.close(time.Now())
			return nil
		case <-tick.C:
		}
	}
}

// Look takes in who listens now. Run does so every three seconds.
func (m *PortMemory) Look() error {
	m.looking.Lock()
	defer m.looking.Unlock()
	if m.watch == nil {
		w, err := watchListeners()
		if err != nil {
			return fmt.Errorf("port memory: %w", err)
		}
		m.watch = w
	}
	return m.look(m.watch, time.Now())
}

func (m *PortMemory) close(now time.Time) {
	m.looking.Lock()
	defer m.looking.Unlock()
	m.save(now)
	if m.watch != nil {
		m.watch.close()
		m.watch = nil
	}
}

// Last is who held a port last, or holds it.
func (m *PortMemory) Last(port uint16) (Held, bool) {
	if m == nil {
		return Held{}, false
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	h, ok := m.ports[port]
	if !ok {
		return Held{}, false
	}
	return *h, true
}

func (m *PortMemory) look(w *listenerWatch, now time.Time) error {
	sockets, err := w.listeners()
	if err != nil {
		return err
	}
	var fresh []listening
	inodes := make(map[uint32]bool, len(sockets))
	for _, s := range sockets {
		inodes[s.inode] = true
		if !m.inodes[s.inode] {
			fresh = append(fresh, s)
		}
	}
	gone := !subset(m.inodes, inodes)
	m.inodes = inodes
	var held []Held
	if len(fresh) > 0 {
		held = w.holders(fresh, now)
	}
	m.take(sockets, held, now)
	if len(fresh) > 0 || gone || now.Sub(m.saved) > memoryFresh {
		m.save(now)
	}
	return nil
}

func subset(a, b map[uint32]bool) bool {
	for k := range a {
		if !b[k] {
			return false
		}
	}
	return true
}

// take puts into the memory who holds ports anew, and that the others still
// do.
func (m *PortMemory) take(sockets []listening, fresh []Held, now time.Time) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, h := range fresh {
		if old, ok := m.ports[h.Port]; ok && h.Process == "" && old.Process != "" && h.Unit == "" {
			continue // who holds it now may not be seen: do not forget who did
		}
		if old, ok := m.ports[h.Port]; ok && old.Unit == h.Unit {
			h.Beside = old.Beside
		}
		m.ports[h.Port] = &h
	}
	for _, h := range m.ports {
		h.Now = false
	}
	for _, s := range sockets {
		if h, ok := m.ports[s.port]; ok {
			h.Until, h.Now = now, true
		}
	}
	m.beside()
	m.bound()
}

// bound forgets the ports that were held longest ago, if there are too many.
func (m *PortMemory) bound() {
	if len(m.ports) <= memoryPorts {
		return
	}
	list := m.list()
	for _, h := range list[:len(list)-memoryPorts] {
		delete(m.ports, h.Port)
	}
}

// list is all that is remembered, longest ago first.
func (m *PortMemory) list() []Held {
	list := make([]Held, 0, len(m.ports))
	for _, h := range m.ports {
		list = append(list, *h)
	}
	slices.SortFunc(list, func(a, b Held) int {
		return cmp.Or(a.Until.Compare(b.Until), cmp.Compare(a.Port, b.Port))
	})
	return list
}

// memoryFile is the memory on the disk.
type memoryFile struct {
	Schema int    `json:"schema"`
	Ports  []Held `json:"ports"`
}

func (m *PortMemory) read(f *os.File) error {
	var file memoryFile
	if err := json.NewDecoder(io.LimitReader(f, memoryBytes)).Decode(&file); err != nil {
		m.log.Warn("port memory: damaged, begins anew", "path", m.path, "err", err)
		return nil
	}
	if file.Schema != memorySchema {
		return fmt.Errorf("schema %d is not known here, only %d", file.Schema, memorySchema)
	}
	for _, h := range file.Ports {
		m.ports[h.Port] = &h
	}
	m.bound()
	return nil
}

// save writes the memory in one piece: a file beside it, then a rename.
func (m *PortMemory) save(now time.Time) {
	m.saved = now
	if m.path == "" {
		return
	}
	m.mu.Lock()
	text, err := json.MarshalIndent(memoryFile{memorySchema, m.list()}, "", " ")
	m.mu.Unlock()
	if err == nil {
		err = replaceFile(m.path, text)
	}
	if err != nil {
		m.log.Warn("port memory: cannot be kept", "path", m.path, "err", err)
	}
}

func replaceFile(path string, text []byte) error {
	f, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".*")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	_, err = f.Write(text)
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	return os.Rename(f.Name(), path)
}
