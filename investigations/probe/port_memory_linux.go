package probe

import (
	"strconv"
	"strings"
	"time"
)

// listenerWatch lists this namespace's listeners over one socket, again and
// again.
type listenerWatch struct{ diag *inetDiag }

func watchListeners() (*listenerWatch, error) {
	d, err := openInetDiag(0)
	if err != nil {
		return nil, err
	}
	return &listenerWatch{d}, nil
}

func (w *listenerWatch) close() { w.diag.close() }

func (w *listenerWatch) listeners() ([]listening, error) {
	sockets, err := w.diag.listeners()
	if err != nil {
		return nil, err
	}
	list := make([]listening, len(sockets))
	for i, s := range sockets {
		list[i] = listening{s.address, s.port, s.inode}
	}
	return list, nil
}

// holders finds who holds sockets.
func (w *listenerWatch) holders(sockets []listening, now time.Time) []Held {
	inodes := make([]uint32, len(sockets))
	for i, s := range sockets {
		inodes[i] = s.inode
	}
	found, _ := owners(inodes)
	var list []Held
	for _, s := range sockets {
		h := Held{Port: s.port, Address: s.address.String(), Since: now, Until: now}
		if pid := found[s.inode]; pid != 0 {
			p := readProcess(pid)
			if p.isManager() {
				continue // it keeps the port of a socket unit
			}
			h.PID, h.Start = pid, startTime(pid)
			h.Process, h.Command, h.Unit, h.UID = p.name, p.command, cgroupUnit(p.cgroup), p.uid
		}
		list = append(list, h)
	}
	return list
}

// gone says if the process that held the port is no more; unset where the
// process was never known.
func (h Held) gone() *bool {
	if h.PID == 0 {
		return nil
	}
	return new(!alive(h.PID) || h.Start != 0 && startTime(h.PID) != h.Start)
}

// departed says if a process is known to be gone although another may have its
// number now, as after a reboot.
func (m *PortMemory) departed(pid int) bool {
	if m == nil {
		return false
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	known := false
	for _, h := range m.ports {
		if h.PID != pid {
			continue
		}
		if !isTrue(h.gone()) {
			return false
		}
		known = true
	}
	return known
}

// startTime is when a process started, in clock ticks since boot: the 22nd
// field of /proc/PID/stat; 0 if it is not there.
func startTime(pid int) uint64 {
	text := procFile(pid, "stat")
	fields := strings.Fields(text[strings.LastIndexByte(text, ')')+1:])
	if len(fields) < 20 {
		return 0
	}
	n, _ := strconv.ParseUint(fields[19], 10, 64)
	return n
}
