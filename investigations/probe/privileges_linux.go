package probe

import "golang.org/x/sys/unix"

// privileges says what probes see less of for want of a capability
// (capabilities(7)).
func privileges() map[string]string {
	lacks := map[string]string{}
	for _, n := range []struct {
		capability int
		probe, why string
	}{
		{unix.CAP_NET_RAW, "tcp.connect", "needs CAP_NET_RAW to see resets"},
		{unix.CAP_NET_RAW, "tcp.watch", "needs CAP_NET_RAW to see packets"},
		{unix.CAP_SYS_ADMIN, "socket.listeners", "needs CAP_SYS_ADMIN to look into other network namespaces"},
		{unix.CAP_SYS_PTRACE, "socket.listeners", "needs CAP_SYS_PTRACE to see who owns a socket"},
		{unix.CAP_NET_ADMIN, "firewall.verdict", "needs CAP_NET_ADMIN to read the rules"},
	} {
		if !capable(n.capability) {
			lacks[n.probe] = n.why
		}
	}
	return lacks
}

// capable says if this process has a capability in force.
func capable(capability int) bool {
	header := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
	var data [2]unix.CapUserData
	if err := unix.Capget(&header, &data[0]); err != nil {
		return false
	}
	return data[capability/32].Effective&(1<<(capability%32)) != 0
}
