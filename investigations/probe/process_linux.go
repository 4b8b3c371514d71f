package probe

import (
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// maxCommand are the bytes of a command line that facts carry.
const maxCommand = 200

// process is what /proc tells of a process (proc(5)).
type process struct {
	pid           int
	name, command string
	cgroup        string // the path that systemd keeps
	uid           *int64 // the real one, of the user who started it
}

// readProcess reads what is known of a process. What may not be read is empty.
func readProcess(pid int) process {
	p := process{pid: pid, name: procFile(pid, "comm")}
	if line := procFile(pid, "cmdline"); line != "" {
		p.command = MaskCommand(strings.Split(strings.TrimRight(line, "\x00"), "\x00"), maxCommand)
	}
	p.name = printable(p.name)
	p.cgroup = cgroupPath(procFile(pid, "cgroup"))
	p.uid = realUID(procFile(pid, "status"))
	return p
}

// realUID is the first number of the line Uid of a process's status.
func realUID(status string) *int64 {
	_, rest, ok := strings.Cut(status, "\nUid:\t")
	if !ok {
		return nil
	}
	text, _, _ := strings.Cut(rest, "\t")
	uid, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return nil
	}
	return &uid
}

// isManager says if a process is systemd itself.
func (p process) isManager() bool { return p.pid == 1 && p.name == "systemd" }

func procPath(pid int, name string) string {
	return filepath.Join("/proc", strconv.Itoa(pid), name)
}

// procFile is the text of a file of a process, at most 4 KiB; "" if there is
// none.
func procFile(pid int, name string) string {
	f, err := os.Open(procPath(pid, name))
	if err != nil {
		return ""
	}
	defer f.Close()
	var b [4096]byte
	n, _ := f.Read(b[:])
	return string(b[:max(n, 0)])
}

// pids are the numbers of all processes.
func pids() []int {
	d, err := os.Open("/proc")
	if err != nil {
		return nil
	}
	defer d.Close()
	names, _ := d.Readdirnames(-1)
	var list []int
	for _, name := range names {
		if pid, err := strconv.Atoi(name); err == nil {
			list = append(list, pid)
		}
	}
	slices.Sort(list)
	return list
}

// alive says if a process exists.
func alive(pid int) bool {
	err := unix.Kill(pid, 0)
	return err == nil || err == unix.EPERM
}

// owners finds the process that holds each of the sockets, by their inodes.
// complete is false if some process could not be looked into, which needs root
// or CAP_SYS_PTRACE.
func owners(inodes []uint32) (found map[uint32]int, complete bool) {
	holders := map[uint32][]int{}
	for _, inode := range inodes {
		holders[inode] = nil
	}
	complete = true
	for _, pid := range pids() {
		held, err := socketsOf(pid)
		if os.IsPermission(err) {
			complete = false
		}
		for _, inode := range held {
			if list, wanted := holders[inode]; wanted && !slices.Contains(list, pid) {
				holders[inode] = append(list, pid)
			}
		}
	}
	found = map[uint32]int{}
	for inode, list := range holders {
		if len(list) > 0 {
			found[inode] = mainHolder(list)
		}
	}
	return found, complete
}

// socketsOf are the inodes of the sockets that a process has open.
func socketsOf(pid int) (inodes []uint32, err error) {
	dir := procPath(pid, "fd")
	d, err := os.Open(dir)
	if err != nil {
		return nil, err
	}
	defer d.Close()
	names, err := d.Readdirnames(-1)
	if err != nil {
		return nil, err
	}
	buffer := make([]byte, 64)
	for _, name := range names {
		n, err := unix.Readlink(dir+"/"+name, buffer)
		if err != nil {
			continue
		}
		if inode, ok := socketInode(string(buffer[:n])); ok {
			inodes = append(inodes, inode)
		}
	}
	return inodes, nil
}

// socketInode reads socket:[123].
func socketInode(link string) (uint32, bool) {
	text, ok := strings.CutPrefix(link, "socket:[")
	if !ok {
		return 0, false
	}
	n, err := strconv.ParseUint(strings.TrimSuffix(text, "]"), 10, 32)
	return uint32(n), err == nil
}

// mainHolder is, of the processes that share a socket, the one that the others
// come from; systemd, which keeps the sockets that it activates services with,
// only if nobody else has it. The list is not empty, and sorted.
func mainHolder(list []int) int {
	if len(list) > 1 && list[0] == 1 {
		list = list[1:]
	}
	for _, pid := range list {
		if !slices.Contains(list, parent(pid)) {
			return pid
		}
	}
	return list[0]
}

// parent is the pid of a process's parent: the fourth field of
// /proc/PID/stat, after the name in parentheses; 0 if unknown.
func parent(pid int) int {
	text := procFile(pid, "stat")
	fields := strings.Fields(text[strings.LastIndexByte(text, ')')+1:])
	if len(fields) < 2 {
		return 0
	}
	n, _ := strconv.Atoi(fields[1])
	return n
}

// cgroupByID finds the path of a version 2 cgroup by its id, which is the
// inode of its directory; "" if it is not there.
func cgroupByID(id uint64) (path string) {
	if id <= 1 {
		return ""
	}
	for _, root := range []string{"/sys/fs/cgroup", "/sys/fs/cgroup/unified"} {
		var fs unix.Statfs_t
		if unix.Statfs(root, &fs) != nil || fs.Type != unix.CGROUP2_SUPER_MAGIC {
			continue
		}
		filepath.WalkDir(root, func(name string, entry os.DirEntry, err error) error {
			if err != nil || !entry.IsDir() {
				return nil
			}
			var stat unix.Stat_t
			if unix.Stat(name, &stat) == nil && stat.Ino == id {
				path = strings.TrimPrefix(name, root)
				return filepath.SkipAll
			}
			return nil
		})
	}
	return path
}
