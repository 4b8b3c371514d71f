package probe

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Sources of a port's owner, the best first.
const (
	fromInput    = "input"
	fromListener = "listener"
	fromMemory   = "memory"
	fromSocket   = "socket-unit"
	fromNginx    = "nginx"
	fromHAProxy  = "haproxy"
	fromCommand  = "command-line"
)

// holder is one word on who holds, held or should hold a port.
type holder struct {
	source, where, unit string
	process, command    string
	uid                 *int64
	pid                 int
	gone                *bool
	until               time.Time
	beside              []uint16 // nil where nothing is remembered
}

// PortOwner says who should hold a port, from all that this host knows.
func (s *Set) PortOwner(ctx context.Context, args OwnerArgs) (OwnerFacts, error) {
	port, err := parsePort(args.Port)
	if err != nil {
		return OwnerFacts{}, fmt.Errorf("port.owner: %w", err)
	}
	var all []holder
	if args.Unit != "" {
		unit, err := unitName(args.Unit)
		if err != nil {
			return OwnerFacts{}, fmt.Errorf("port.owner: %w", err)
		}
		all = append(all, holder{source: fromInput, unit: unit})
	}
	listeners, err := listenersOn(port)
	if err != nil {
		return OwnerFacts{}, fmt.Errorf("port.owner: %w", err)
	}
	all = append(all, listeners...)
	all = append(all, s.remembered(port)...)
	all = append(all, configured(port)...)
	return ownerFacts(all), ctx.Err()
}

// listenersOn are the holders of a port now, in this namespace.
func listenersOn(port uint16) (list []holder, err error) {
	sockets, err := ownListeners()
	if err != nil {
		return nil, err
	}
	sockets = slices.DeleteFunc(sockets, func(s diagSocket) bool { return s.port != port })
	if len(sockets) == 0 {
		return nil, nil
	}
	inodes := make([]uint32, len(sockets))
	for i, s := range sockets {
		inodes[i] = s.inode
	}
	found, _ := owners(inodes)
	for _, s := range sockets {
		h := holder{source: fromListener, where: s.address.String(), until: time.Now()}
		cgroup := cgroupByID(s.cgroup)
		if pid := found[s.inode]; pid != 0 {
			p := readProcess(pid)
			cgroup = p.cgroup
			if !p.isManager() { // which holds a port for the unit that its socket unit starts
				h.pid, h.process, h.command, h.uid, h.gone = pid, p.name, p.command, p.uid, new(false)
			}
		}
		h.unit = cgroupUnit(cgroup)
		list = append(list, h)
	}
	return list, nil
}

// remembered is who held a port last.
func (s *Set) remembered(port uint16) []holder {
	h, ok := s.Memory.Last(port)
	if !ok || h.Process == "" && h.Unit == "" {
		return nil
	}
	return []holder{{
		source: fromMemory, where: "port memory", unit: h.Unit,
		process: h.Process, command: h.Command, uid: h.UID, pid: h.PID, gone: h.gone(), until: h.Until, beside: slices.Concat([]uint16{}, h.Beside),
	}}
}

// configured are the programs and units whose configuration names a port.
func configured(port uint16) (list []holder) {
	files, started := newConfFiles(), startedWith()
	units := readUnits(files, unitDirs)
	for _, u := range units {
		if s, ok := u.socketOn(port); ok {
			list = append(list, holder{source: fromSocket, where: s.where, unit: u.activates()})
		}
	}
	for _, l := range nginxListens(nginxConfig(files, started["nginx"])) {
		if l.low <= port && port <= l.high {
			list = append(list, holder{source: fromNginx, where: l.where, unit: known(units, "nginx.service")})
		}
	}
	for _, l := range haproxyBinds(haproxyConfig(files, started["haproxy"])) {
		if l.low <= port && port <= l.high {
			list = append(list, holder{source: fromHAProxy, where: l.where, unit: known(units, "haproxy.service")})
		}
	}
	for _, u := range units {
		if s, ok := u.commandWith(port); ok && !strings.Contains(u.name, "@.") {
			list = append(list, holder{source: fromCommand, where: s.where, unit: u.name})
		}
	}
	return list
}

// known is the name, if there is such a unit.
func known(units []unitFile, name string) string {
	if slices.ContainsFunc(units, func(u unitFile) bool { return u.name == name }) {
		return name
	}
	return ""
}

// ownerFacts chooses the owner: the best source's, unless that source itself
// names several units. all is ordered by source.
func ownerFacts(all []holder) OwnerFacts {
	f := OwnerFacts{Known: new(false), Sources: []OwnerSource{}}
	units := map[string]bool{}
	for _, h := range all {
		f.Sources = append(f.Sources, OwnerSource{Source: new(h.source), Where: filled(h.where), Unit: filled(h.unit)})
		if h.unit != "" {
			units[h.unit] = true
		}
	}
	f.Conflict = new(len(units) > 1)
	f.Sources = f.Sources[:min(len(f.Sources), 32)]
	best, ok := bestHolder(all)
	if !ok {
		return f
	}
	f.Known, f.Source, f.Where, f.Unit = new(true), new(best.source), filled(best.where), filled(best.unit)
	for _, h := range all {
		if h.beside != nil && h.unit == best.unit {
			f.Beside = int64s(h.beside)
		}
	}
	if i := slices.IndexFunc(all, func(h holder) bool { return h.process != "" && h.unit == best.unit }); i >= 0 {
		h := all[i]
		f.Process, f.Command, f.Gone, f.Until = filled(h.process), filled(h.command), h.gone, new(h.until.UTC())
		f.UID, f.PID = h.uid, new(int64(h.pid))
	}
	return f
}

// bestHolder is the first holder that names a unit or a process, if its source
// does not name another unit besides.
func bestHolder(all []holder) (best holder, ok bool) {
	for _, h := range all {
		switch {
		case h.unit == "" && h.process == "":
		case !ok:
			best, ok = h, true
		case h.source == best.source && h.unit != best.unit:
			return holder{}, false
		}
	}
	return best, ok
}

// int64s are ports as facts have them.
func int64s(ports []uint16) []int64 {
	list := make([]int64, len(ports))
	for i, p := range ports {
		list[i] = int64(p)
	}
	return list
}
