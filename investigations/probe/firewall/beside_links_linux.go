package firewall

import (
	"runtime"
	"unsafe"

	"golang.org/x/sys/unix"
)

// mostLinks bounds how many BPF links are looked at.
const mostLinks = 10_000

// netfilterPrograms are BPF programs that netfilter runs beside the rules, at
// one of the hooks that the packet passes (BPF_PROG_TYPE_NETFILTER, Linux 6.4).
// nft lists none of them, and they may drop. The kernel does not say in which
// network namespace one is, so that one of another's is doubted, too; where it
// does not let us list them (CAP_SYS_ADMIN), none is known.
func netfilterPrograms(hook string, v6 bool) []string {
	family := uint32(pick(v6, unix.NFPROTO_IPV6, unix.NFPROTO_IPV4))
	on := map[string][]uint32{
		hookInput:   {unix.NF_INET_PRE_ROUTING, unix.NF_INET_LOCAL_IN},
		hookForward: {unix.NF_INET_PRE_ROUTING, unix.NF_INET_FORWARD, unix.NF_INET_POST_ROUTING},
		hookOutput:  {unix.NF_INET_LOCAL_OUT, unix.NF_INET_POST_ROUTING},
	}[hook]
	id := uint32(0)
	for range mostLinks {
		next := struct{ start, next, flags uint32 }{start: id}
		if _, err := bpf(unix.BPF_LINK_GET_NEXT_ID, unsafe.Pointer(&next), unsafe.Sizeof(next)); err != 0 {
			return nil
		}
		id = next.next
		l, ok := netfilterLink(id)
		for _, n := range on {
			if ok && l.family == family && l.hook == n {
				return []string{"a BPF program of netfilter sees the packet besides the rules (bpftool link list shows it)"}
			}
		}
	}
	return nil
}

// linkInfo is the beginning of struct bpf_link_info, for a link of netfilter.
type linkInfo struct {
	kind, id, program, _ uint32
	family, hook         uint32
	priority             int32
	flags                uint32
}

// netfilterLink looks at one BPF link; false where it is none of netfilter.
func netfilterLink(id uint32) (linkInfo, bool) {
	get := struct{ id, _, flags uint32 }{id: id}
	fd, errno := bpf(unix.BPF_LINK_GET_FD_BY_ID, unsafe.Pointer(&get), unsafe.Sizeof(get))
	if errno != 0 {
		return linkInfo{}, false // it has gone, or it is not ours to see
	}
	defer unix.Close(fd)
	var info linkInfo
	var pin runtime.Pinner // its address is a number to Go
	pin.Pin(&info)
	defer pin.Unpin()
	ask := struct {
		fd, size uint32
		info     uint64
	}{uint32(fd), uint32(unsafe.Sizeof(info)), uint64(uintptr(unsafe.Pointer(&info)))}
	_, errno = bpf(unix.BPF_OBJ_GET_INFO_BY_FD, unsafe.Pointer(&ask), unsafe.Sizeof(ask))
	return info, errno == 0 && info.kind == unix.BPF_LINK_TYPE_NETFILTER
}

// bpf is bpf(2).
func bpf(command uintptr, attr unsafe.Pointer, size uintptr) (int, unix.Errno) {
	r, _, errno := unix.Syscall(unix.SYS_BPF, command, uintptr(attr), size)
	return int(r), errno
}
