package probe

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"golang.org/x/sys/unix"
)

// netnsDir is where ip-netns(8) keeps the names of network namespaces.
const netnsDir = "/run/netns"

// maxNetns bounds how many network namespaces are looked into.
const maxNetns = 512

// netns is a network namespace.
type netns struct {
	inode uint64
	name  string // under /run/netns, or net:[inode]
	path  string // a file that stands for it
}

// otherNetns are the network namespaces of this host but the runner's own, as
// far as processes or names show them. complete is false if some could not be
// seen.
func otherNetns() (list []netns, complete bool) {
	own, err := netnsInode("/proc/self/ns/net")
	if err != nil {
		return nil, false
	}
	seen := map[uint64]bool{own: true}
	add := func(path, name string) error {
		inode, err := netnsInode(path)
		if err != nil || seen[inode] {
			return err
		}
		if name == "" {
			name = netnsName(inode)
		}
		seen[inode] = true
		list = append(list, netns{inode, name, path})
		return nil
	}
	entries, _ := os.ReadDir(netnsDir)
	for _, e := range entries {
		add(filepath.Join(netnsDir, e.Name()), e.Name())
	}
	complete = true
	for _, pid := range pids() {
		if err := add(procPath(pid, "ns/net"), ""); os.IsPermission(err) {
			complete = false
		}
	}
	if len(list) > maxNetns {
		return slices.Clip(list[:maxNetns]), false
	}
	return list, complete
}

// netnsName is how a namespace without a name is called.
func netnsName(inode uint64) string { return fmt.Sprintf("net:[%d]", inode) }

// netnsInode is the number of the network namespace that a file stands for.
// A name without a namespace mounted on it is an error.
func netnsInode(path string) (uint64, error) {
	var stat unix.Stat_t
	if err := unix.Stat(path, &stat); err != nil {
		return 0, &os.PathError{Op: "stat", Path: path, Err: err}
	}
	var fs unix.Statfs_t
	if err := unix.Statfs(path, &fs); err != nil || fs.Type != unix.NSFS_MAGIC {
		return 0, fmt.Errorf("%s is no namespace", path)
	}
	return stat.Ino, nil
}

// listeners are the listening sockets of the namespace.
func (n netns) listeners() ([]diagSocket, error) {
	f, err := os.Open(n.path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	if inode, err := netnsInode(f.Name()); err != nil || inode != n.inode {
		return nil, nil // its process has ended meanwhile, and it with it
	}
	d, err := openInetDiag(int(f.Fd()))
	if err != nil {
		return nil, err
	}
	defer d.close()
	list, err := d.listeners()
	for i := range list {
		list[i].namespace = n.name
	}
	return list, err
}
