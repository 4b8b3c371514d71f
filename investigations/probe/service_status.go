package probe

import "time"

// ServiceArgs are the arguments of service.status. Unit is used first, then the
// unit of PID, then the unit of Port's owner.
type ServiceArgs struct {
	Unit string `json:"unit"`
	PID  int64  `json:"pid"`
	Port int64  `json:"port"`
}

// ServiceFacts are the facts of service.status, read from systemd over D-Bus
// (org.freedesktop.systemd1), or of a process where there is no unit.
type ServiceFacts struct {
	Manager     *bool      `json:"manager"` // systemd answers on this host
	Found       *bool      `json:"found"`   // such a unit is loaded, or runs though its file is gone; of another one nothing else is known
	Unit        *string    `json:"unit"`    // with its suffix
	Description *string    `json:"description"`
	LoadState   *string    `json:"load_state"`
	State       *string    `json:"state"` // ActiveState: active, reloading, inactive, failed, activating, deactivating
	SubState    *string    `json:"sub_state"`
	Result      *string    `json:"result"`    // success, exit-code, signal, core-dump, timeout, watchdog, oom-kill, start-limit-hit …
	Enabled     *string    `json:"enabled"`   // UnitFileState
	Since       *time.Time `json:"since"`     // StateChangeTimestamp
	AgeS        *int64     `json:"age_s"`     // seconds from Since to when this was asked
	PID         *int64     `json:"pid"`       // MainPID; unset if 0
	ExecCode    *int64     `json:"exec_code"` // ExecMainCode (CLD_*, waitid(2))
	ExecStatus  *int64     `json:"exec_status"`
	ExecReason  *string    `json:"exec_reason"` // EXEC (203), USER (217) … (systemd.exec(5), "Process exit codes"), or the signal: SIGKILL
	Restarts    *int64     `json:"restarts"`    // NRestarts
	// StartLimitBurst is how many starts within StartLimitIntervalSec systemd
	// grants: a failed unit whose Restarts reached it was given up, whatever
	// Result says (systemd keeps the result of the last run there).
	StartLimitBurst *int64     `json:"start_limit_burst"`
	UnitFile        *string    `json:"unit_file"`   // FragmentPath
	Command         *string    `json:"command"`     // ExecStart's path and arguments, secrets masked
	SocketUnit      *string    `json:"socket_unit"` // TriggeredBy, if a .socket
	SocketState     *string    `json:"socket_state"`
	PrivateNetwork  *bool      `json:"private_network"`
	Alive           *bool      `json:"alive"`   // the process exists, for a PID outside of any unit
	Listens         []Listener `json:"listens"` // TCP ports that the unit's processes listen on
	Ports           []int64    `json:"ports"`   // their numbers, sorted, unique
	NotPermitted    *string    `json:"not_permitted"`
}
