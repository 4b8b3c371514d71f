package probe

import "time"

// OwnerArgs are the arguments of port.owner.
type OwnerArgs struct {
	Port int64  `json:"port"`
	Unit string `json:"unit"` // what the person said, if anything
}

// OwnerFacts are the facts of port.owner: who should hold the port, and how
// that is known. The best source wins: input, listener (who holds it now),
// memory (who held it last), socket-unit, nginx, haproxy, command-line.
type OwnerFacts struct {
	Known    *bool         `json:"known"`
	Source   *string       `json:"source"`
	Where    *string       `json:"where"` // file:line, unit file, or "port memory"
	Unit     *string       `json:"unit"`  // systemd unit; unset for a process outside of any
	Process  *string       `json:"process"`
	Command  *string       `json:"command"`
	UID      *int64        `json:"uid"`      // of the user who started it, as last seen
	PID      *int64        `json:"pid"`      // as last seen
	Gone     *bool         `json:"gone"`     // the process that held the port is no more
	Until    *time.Time    `json:"until"`    // when it was last seen to hold the port
	Beside   []int64       `json:"beside"`   // ports that its unit held at the same time, by the port memory
	Sources  []OwnerSource `json:"sources"`  // all that was found
	Conflict *bool         `json:"conflict"` // the sources name different units
}

// OwnerSource is one word on who should hold a port.
type OwnerSource struct {
	Source *string `json:"source"`
	Where  *string `json:"where"`
	Unit   *string `json:"unit"`
}
