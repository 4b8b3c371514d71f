package probe

import (
	"testing"
	"time"
)

// recorded are properties as systemd 252 gives them and godbus decodes them.
func recorded() (unit, service map[string]any) {
	unit = map[string]any{
		"Id": "web.service", "Description": "A web server", "LoadState": "loaded", "ActiveState": "failed", "SubState": "failed",
		"UnitFileState": "enabled", "FragmentPath": "/etc/systemd/system/web.service",
		"StateChangeTimestamp": uint64(1795999999123456), "TriggeredBy": []string{"web.timer", "web.socket"},
	}
	service = map[string]any{
		"Result": "exit-code", "MainPID": uint32(0), "NRestarts": uint32(5), "ExecMainCode": int32(1), "ExecMainStatus": int32(203),
		"PrivateNetwork": false, "ExecStart": [][]any{{
			"/usr/bin/web", []string{"/usr/bin/web", "--port", "8080", "--token", "abc"}, false,
			uint64(0), uint64(0), uint64(0), uint64(0), uint32(0), int32(0), int32(0),
		}},
	}
	return unit, service
}

func TestDecodeUnit(t *testing.T) {
	f := decodeUnit(recorded())
	want(t, "found", f.Found, true)
	want(t, "unit", f.Unit, "web.service")
	want(t, "state", f.State, "failed")
	want(t, "result", f.Result, "exit-code")
	want(t, "enabled", f.Enabled, "enabled")
	want(t, "since", f.Since, time.UnixMicro(1795999999123456).UTC())
	want(t, "pid", f.PID, nil)
	want(t, "exec_code", f.ExecCode, int64(1))
	want(t, "exec_status", f.ExecStatus, int64(203))
	want(t, "exec_reason", f.ExecReason, "EXEC")
	want(t, "restarts", f.Restarts, int64(5))
	want(t, "command", f.Command, "/usr/bin/web --port 8080 --token ***")
	want(t, "socket_unit", f.SocketUnit, "web.socket")
	want(t, "private_network", f.PrivateNetwork, false)
}

func TestDecodeUnitThatIsNotThere(t *testing.T) {
	f := decodeUnit(map[string]any{
		"Id": "no.service", "LoadState": "not-found", "ActiveState": "inactive", "SubState": "dead", "UnitFileState": "",
		"FragmentPath": "", "StateChangeTimestamp": uint64(0), "TriggeredBy": []string{},
	}, map[string]any{})
	want(t, "found", f.Found, false)
	want(t, "state", f.State, nil)
	want(t, "enabled", f.Enabled, nil)
	want(t, "since", f.Since, nil)
	want(t, "exec_code", f.ExecCode, nil)
	want(t, "socket_unit", f.SocketUnit, nil)
	want(t, "private_network", f.PrivateNetwork, nil)
}

func TestDecodeUnitWhoseFileIsGone(t *testing.T) {
	f := decodeUnit(map[string]any{"Id": "web.service", "LoadState": "not-found", "ActiveState": "active", "SubState": "running"},
		map[string]any{"MainPID": uint32(7)})
	want(t, "found", f.Found, true)
	want(t, "state", f.State, "active")
	want(t, "pid", f.PID, int64(7))
}

func TestDecodeUnitOfOddTypes(t *testing.T) {
	f := decodeUnit(map[string]any{"Id": 5, "LoadState": nil}, map[string]any{"MainPID": "x", "ExecStart": [][]any{{1}}})
	if f.Unit != nil || f.Found != nil || f.PID != nil || f.Command != nil {
		t.Errorf("decodeUnit(odd types) = %+v, want all unset", f)
	}
}

func TestExecReason(t *testing.T) {
	for _, c := range []struct {
		code, status int64
		want         any
	}{
		{1, 0, nil}, {1, 1, "FAILURE"}, {1, 217, "USER"}, {1, 99, nil}, {2, 9, "SIGKILL"}, {3, 11, "SIGSEGV"},
	} {
		want(t, "reason", execReason(&c.code, &c.status), c.want)
	}
}

func TestUnitName(t *testing.T) {
	for name, want := range map[string]string{
		"nginx": "nginx.service", "nginx.service": "nginx.service", "ssh.socket": "ssh.socket", "app@1": "app@1.service",
		"python3.11": "python3.11.service", "a b": "", "../x": "", "": "", "x;y": "",
	} {
		if got, err := unitName(name); got != want || (err == nil) != (want != "") {
			t.Errorf("unitName(%q) = %q, %v, want %q", name, got, err, want)
		}
	}
}
