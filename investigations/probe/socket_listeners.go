package probe

// ListenersArgs are the arguments of socket.listeners.
type ListenersArgs struct {
	Address string `json:"address"` // the endpoint's, to judge which listeners take it; may be empty
	Port    int64  `json:"port"`
}

// ListenersFacts are the facts of socket.listeners, asked of inet_diag(7) in
// this network namespace and in each other one of this host.
type ListenersFacts struct {
	Found *bool `json:"found"` // somebody listens on the port, in any namespace; false only if all could be looked into
	// Complete: every network namespace that matters was looked into: all of the
	// host, or, for a loopback Address, the runner's own.
	Complete *bool `json:"complete"`
	Here     *bool `json:"here"`    // somebody listens on the port in the runner's own namespace
	Accepts  *bool `json:"accepts"` // a listener of this namespace takes Address
	// Binding says what the listeners on the port leave out, if none takes
	// Address: loopback, other-ip, ipv6-only, ipv4-only, other-netns; none if
	// there is no listener on the port; takes if one does.
	Binding      *string    `json:"binding"`
	Bound        []string   `json:"bound"`      // addresses that the listeners on the port are bound to
	List         []Listener `json:"list"`       // those on the port
	Others       []Listener `json:"others"`     // the other listeners of this namespace, at most 64
	Taker        *Listener  `json:"taker"`      // the one that takes Address
	QueueFull    *bool      `json:"queue_full"` // the taker's accept queue was over its limit in two looks, 300 ms apart
	Dropping     *bool      `json:"dropping"`   // the taker's own drop counter (sk_drops) is above zero or rose between looks
	NotPermitted *string    `json:"not_permitted"`
}

// Listener is one listening TCP socket.
type Listener struct {
	Address   *string `json:"address"` // 0.0.0.0, ::, or what it is bound to
	Port      *int64  `json:"port"`
	Family    *string `json:"family"`
	V6Only    *bool   `json:"v6only"`
	Queue     *int64  `json:"queue"`     // connections that wait for accept(2)
	QueueMax  *int64  `json:"queue_max"` // the backlog in force
	Drops     *int64  `json:"drops"`     // sk_drops of this socket
	Inode     *int64  `json:"inode"`
	PID       *int64  `json:"pid"`
	Process   *string `json:"process"` // /proc/PID/comm
	Command   *string `json:"command"` // /proc/PID/cmdline, secrets masked, at most 200 bytes
	Unit      *string `json:"unit"`    // from its cgroup
	Container *string `json:"container"`
	Netns     *string `json:"netns"`     // "" for the runner's own; a name under /run/netns or net:[inode]
	Interface *string `json:"interface"` // bound to a device (SO_BINDTODEVICE)
}
