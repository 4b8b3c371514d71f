package probe

import (
	"slices"
)

// setListens tells the TCP ports that processes listen on, in the runner's
// network namespace and in those of their own. Where that cannot be seen it
// stays unset.
func (f *ServiceFacts) setListens(processes []int) {
	all, err := ownListeners()
	if err != nil {
		return
	}
	held, complete := map[uint32]int{}, true
	own, _ := netnsInode("/proc/self/ns/net")
	seen := map[uint64]bool{own: true}
	for _, pid := range processes {
		inodes, err := socketsOf(pid)
		complete = complete && err == nil
		for _, inode := range inodes {
			if _, ok := held[inode]; !ok {
				held[inode] = pid
			}
		}
		path := procPath(pid, "ns/net")
		if inode, err := netnsInode(path); err == nil && !seen[inode] {
			seen[inode] = true
			list, err := netns{inode: inode, name: netnsName(inode), path: path}.listeners()
			complete = complete && err == nil
			all = append(all, list...)
		}
	}
	if !complete {
		f.NotPermitted = new("the unit's ports: needs CAP_SYS_PTRACE")
		return
	}
	f.Listens, f.Ports = []Listener{}, []int64{}
	for _, s := range all {
		if pid, ok := held[s.inode]; ok && len(f.Listens) < maxOthers {
			f.Listens = append(f.Listens, s.listener(pid))
			f.Ports = append(f.Ports, int64(s.port))
		}
	}
	slices.Sort(f.Ports)
	f.Ports = slices.Compact(f.Ports)
}
