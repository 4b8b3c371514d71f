package probe

import (
	"slices"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// decodeUnit makes facts of the properties of org.freedesktop.systemd1.Unit
// and .Service (org.freedesktop.systemd1(5)), as godbus decodes them. What is
// not there, or of another type, stays unset.
func decodeUnit(unit, service map[string]any) ServiceFacts {
	f := ServiceFacts{
		Unit: textOf(unit, "Id"), Description: textOf(unit, "Description"), LoadState: textOf(unit, "LoadState"),
		State: textOf(unit, "ActiveState"), SubState: textOf(unit, "SubState"), Enabled: textOf(unit, "UnitFileState"),
		UnitFile: textOf(unit, "FragmentPath"), Since: timeOf(unit, "StateChangeTimestamp"),
		Result: textOf(service, "Result"), PID: numberOf(service, "MainPID"), Restarts: numberOf(service, "NRestarts"), StartLimitBurst: numberOf(unit, "StartLimitBurst"),
	}
	if f.LoadState != nil {
		// One whose file was deleted while it runs is not found, and is there.
		f.Found = new(*f.LoadState != "not-found" || f.State != nil && *f.State != "inactive")
		if !*f.Found {
			return ServiceFacts{Unit: f.Unit, LoadState: f.LoadState, Found: f.Found} // what is not there has no state
		}
	}
	if f.PID != nil && *f.PID == 0 {
		f.PID = nil
	}
	if private, ok := service["PrivateNetwork"].(bool); ok {
		f.PrivateNetwork = &private
	}
	f.Command = execStart(service["ExecStart"])
	if code := numberOf(service, "ExecMainCode"); code != nil && *code != 0 {
		f.ExecCode, f.ExecStatus = code, numberOf(service, "ExecMainStatus")
		f.ExecReason = execReason(f.ExecCode, f.ExecStatus)
	}
	if by, ok := unit["TriggeredBy"].([]string); ok {
		if i := slices.IndexFunc(by, func(u string) bool { return strings.HasSuffix(u, ".socket") }); i >= 0 {
			f.SocketUnit = &by[i]
		}
	}
	return f
}

// textOf is a property that is a text, unset if it is empty.
func textOf(properties map[string]any, name string) *string {
	text, _ := properties[name].(string)
	return filled(text)
}

// numberOf is a property that is a whole number of any size.
func numberOf(properties map[string]any, name string) *int64 {
	switch n := properties[name].(type) {
	case uint32:
		return new(int64(n))
	case int32:
		return new(int64(n))
	case uint64:
		return new(int64(n))
	case int64:
		return &n
	}
	return nil
}

// timeOf is a property that is a time: microseconds since 1970, 0 for never.
func timeOf(properties map[string]any, name string) *time.Time {
	if n := numberOf(properties, name); n != nil && *n > 0 {
		return new(time.UnixMicro(*n).UTC())
	}
	return nil
}

// execStart is the first command of ExecStart, of type a(sasbttttuii): its
// path, then its arguments with the name that it is called by.
func execStart(property any) *string {
	commands, ok := property.([][]any)
	if !ok || len(commands) == 0 || len(commands[0]) < 2 {
		return nil
	}
	path, _ := commands[0][0].(string)
	argv, _ := commands[0][1].([]string)
	if path == "" {
		return nil
	}
	words := []string{path}
	if len(argv) > 1 {
		words = append(words, argv[1:]...)
	}
	return new(MaskCommand(words, maxCommand))
}

// How a process ended (waitid(2), si_code).
const (
	cldExited = 1
	cldKilled = 2
	cldDumped = 3
)

// execReason names the way that a process ended: an exit code by the names of
// systemd.exec(5), "Process Exit Codes", a signal by its own.
func execReason(code, status *int64) *string {
	if code == nil || status == nil {
		return nil
	}
	switch *code {
	case cldExited:
		return filled(exitCodes[*status])
	case cldKilled, cldDumped:
		return filled(unix.SignalName(unix.Signal(*status)))
	}
	return nil
}

var exitCodes = map[int64]string{
	1: "FAILURE", 2: "INVALIDARGUMENT", 3: "NOTIMPLEMENTED", 4: "NOPERMISSION", 5: "NOTINSTALLED", 6: "NOTCONFIGURED",
	7: "NOTRUNNING", 200: "CHDIR", 201: "NICE", 202: "FDS", 203: "EXEC", 204: "MEMORY", 205: "LIMITS", 206: "OOM_ADJUST",
	207: "SIGNAL_MASK", 208: "STDIN", 209: "STDOUT", 210: "CHROOT", 211: "IOPRIO", 212: "TIMERSLACK", 213: "SECUREBITS",
	214: "SETSCHEDULER", 215: "CPUAFFINITY", 216: "GROUP", 217: "USER", 218: "CAPABILITIES", 219: "CGROUP", 220: "SETSID",
	221: "CONFIRM", 222: "STDERR", 224: "PAM", 225: "NETWORK", 226: "NAMESPACE", 227: "NO_NEW_PRIVILEGES", 228: "SECCOMP",
	229: "SELINUX_CONTEXT", 230: "PERSONALITY", 231: "APPARMOR_PROFILE", 232: "ADDRESS_FAMILIES", 233: "RUNTIME_DIRECTORY",
	235: "CHOWN", 236: "SMACK_PROCESS_LABEL", 237: "KEYRING", 238: "STATE_DIRECTORY", 239: "CACHE_DIRECTORY",
	240: "LOGS_DIRECTORY", 241: "CONFIGURATION_DIRECTORY", 242: "NUMA_POLICY", 243: "CREDENTIALS", 245: "BPF",
}
