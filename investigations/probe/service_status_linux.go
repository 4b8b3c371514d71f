package probe

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"time"

	"github.com/coreos/go-systemd/v22/dbus"
)

// ServiceStatus asks systemd for the state of a unit: the one named, or that
// of a process, or that of the port's owner.
func (s *Set) ServiceStatus(ctx context.Context, args ServiceArgs) (ServiceFacts, error) {
	unit, pid, err := s.serviceOf(ctx, args)
	if err != nil {
		return ServiceFacts{}, fmt.Errorf("service.status: %w", err)
	}
	manager, err := dialSystemd(ctx)
	if err != nil {
		f := s.processFacts(pid)
		f.Manager = new(false)
		if errors.Is(err, errNotPermitted) {
			f.Manager, f.NotPermitted = nil, new(err.Error())
		}
		return f, nil
	}
	defer manager.Close()
	if unit == "" && pid != 0 && !s.Memory.departed(pid) {
		unit, _ = manager.GetUnitNameByPID(ctx, uint32(pid))
		unit = serviceOnly(unit)
	}
	f := s.processFacts(pid)
	if unit != "" {
		if f, err = unitFacts(ctx, manager, unit); err != nil {
			return f, fmt.Errorf("service.status: %w", err)
		}
	}
	f.Manager = new(true)
	return f, nil
}

// serviceOf finds the unit or the process that is asked for. Both may be
// unknown.
func (s *Set) serviceOf(ctx context.Context, args ServiceArgs) (unit string, pid int, err error) {
	switch {
	case args.Unit != "":
		unit, err = unitName(args.Unit)
		return unit, 0, err
	case args.PID != 0:
		if args.PID < 1 || args.PID > 1<<22 {
			return "", 0, fmt.Errorf("%d is not a process id", args.PID)
		}
		if s.Memory.departed(int(args.PID)) {
			return "", int(args.PID), nil
		}
		return cgroupUnit(readProcess(int(args.PID)).cgroup), int(args.PID), nil
	case args.Port != 0:
		owner, err := s.PortOwner(ctx, OwnerArgs{Port: args.Port})
		if err != nil {
			return "", 0, err
		}
		if owner.Unit != nil {
			return *owner.Unit, 0, nil
		}
		if owner.PID != nil {
			return "", int(*owner.PID), nil
		}
		return "", 0, nil
	}
	return "", 0, errors.New("a unit, a process or a port is needed")
}

// unitNames are systemd.unit(5)'s, of at most maxUnitName characters.
var unitNames = regexp.MustCompile(`^[A-Za-z0-9:_.@\\-]+$`)

// maxUnitName is their length without the suffix that this program adds.
const maxUnitName = 246

// unitName is a unit's whole name: a service's suffix may be left out.
func unitName(name string) (string, error) {
	if len(name) > maxUnitName || !unitNames.MatchString(name) {
		return "", fmt.Errorf("%.64q is not the name of a unit", name)
	}
	for _, suffix := range []string{
		".service", ".socket", ".target", ".mount", ".path", ".timer", ".scope", ".slice", ".device", ".swap", ".automount",
	} {
		if strings.HasSuffix(name, suffix) {
			return name, nil
		}
	}
	return name + ".service", nil
}

// serviceOnly leaves out scopes and slices: they serve no port.
func serviceOnly(unit string) string {
	if strings.HasSuffix(unit, ".service") && !strings.HasPrefix(unit, "user@") {
		return unit
	}
	return ""
}

// processFacts are those of a process outside of any unit; none if pid is 0.
func (s *Set) processFacts(pid int) ServiceFacts {
	f := ServiceFacts{}
	if pid == 0 {
		return f
	}
	f.PID, f.Alive = new(int64(pid)), new(alive(pid) && !s.Memory.departed(pid))
	if *f.Alive {
		f.Command = filled(readProcess(pid).command)
		f.setListens([]int{pid})
	}
	return f
}

var errNotPermitted = errors.New("not permitted to ask systemd")

// dialSystemd connects to systemd over the system bus, or over its private
// socket where there is no bus.
func dialSystemd(ctx context.Context) (*dbus.Conn, error) {
	conn, err := dbus.NewSystemConnectionContext(ctx)
	if err == nil {
		return conn, nil
	}
	if strings.Contains(err.Error(), "ermission denied") || strings.Contains(err.Error(), "AccessDenied") {
		return nil, fmt.Errorf("%w: %w", errNotPermitted, err)
	}
	return dbus.NewSystemdConnectionContext(ctx)
}

// unitFacts reads a unit's properties.
func unitFacts(ctx context.Context, manager *dbus.Conn, unit string) (ServiceFacts, error) {
	properties, err := manager.GetUnitPropertiesContext(ctx, unit)
	if err != nil {
		return ServiceFacts{}, fmt.Errorf("ask systemd about %s: %w", unit, err)
	}
	service := map[string]any{}
	if strings.HasSuffix(unit, ".service") {
		// A unit that is not there has no properties of a service.
		if p, err := manager.GetUnitTypePropertiesContext(ctx, unit, "Service"); err == nil {
			service = p
		}
	}
	f := decodeUnit(properties, service)
	if f.Since != nil {
		f.AgeS = new(int64(max(time.Since(*f.Since), 0) / time.Second))
	}
	if f.SocketUnit != nil {
		if p, err := manager.GetUnitPropertiesContext(ctx, *f.SocketUnit); err == nil {
			f.SocketState = textOf(p, "ActiveState")
		}
	}
	if isTrue(f.Found) {
		processes := unitProcesses(*f.Unit)
		if f.PID != nil && len(processes) == 0 {
			processes = []int{int(*f.PID)}
		}
		f.setListens(processes)
	}
	return f, nil
}

// unitProcesses are the processes in a unit's cgroup, by what each process
// says: that holds in a container too, where the cgroups' paths do not.
func unitProcesses(unit string) (list []int) {
	for _, pid := range pids() {
		if cgroupUnit(cgroupPath(procFile(pid, "cgroup"))) == unit {
			list = append(list, pid)
		}
	}
	return list
}
