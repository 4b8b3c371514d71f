package firewall

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Socket options of legacy iptables and ip6tables, the same numbers in both
// (linux/netfilter_ipv4/ip_tables.h).
const (
	soGetInfo    = 64
	soGetEntries = 65

	getInfoSize      = 84
	getEntriesHeader = 40
	maxLegacyTable   = 256 << 20
)

// readLegacy reads the legacy tables that exist in the network namespace of
// the calling thread. It asks only for those: asking for another would make it.
func readLegacy(v6 bool) ([]*table, error) {
	names, err := legacyNames(v6)
	if err != nil || len(names) == 0 {
		return nil, err
	}
	family, level := unix.AF_INET, unix.IPPROTO_IP
	if v6 {
		family, level = unix.AF_INET6, unix.IPPROTO_IPV6
	}
	fd, err := unix.Socket(family, unix.SOCK_RAW|unix.SOCK_CLOEXEC, unix.IPPROTO_RAW)
	if err != nil {
		return nil, lacks("CAP_NET_RAW", fmt.Errorf("open raw socket: %w", err))
	}
	defer unix.Close(fd)
	var out []*table
	for _, name := range names {
		t, err := readLegacyTable(fd, level, name, v6)
		if err != nil {
			return nil, lacks("CAP_NET_ADMIN", fmt.Errorf("read legacy table %s: %w", name, err))
		}
		if t != nil {
			out = append(out, t)
		}
	}
	return out, nil
}

// legacyNames are the tables of /proc/net/ip_tables_names; no file, none.
func legacyNames(v6 bool) ([]string, error) {
	f, err := os.Open("/proc/thread-self/net/" + pick(v6, "ip6_tables_names", "ip_tables_names"))
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	} else if err != nil {
		return nil, lacks("CAP_DAC_READ_SEARCH", fmt.Errorf("list legacy tables: %w", err))
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, 4096))
	if err != nil {
		return nil, fmt.Errorf("list legacy tables: %w", err)
	}
	return strings.Fields(string(b)), nil
}

const legacyReadAttempts = 4

func readLegacyTable(fd, level int, name string, v6 bool) (*table, error) {
	for range legacyReadAttempts {
		info := make([]byte, getInfoSize)
		copy(info[:31], name)
		if err := getsockopt(fd, level, soGetInfo, info); err != nil {
			if errors.Is(err, unix.ENOENT) {
				return nil, nil
			}
			return nil, err
		}
		b := &blob{data: info}
		size := int(b.u32(80))
		if size > maxLegacyTable {
			return nil, fmt.Errorf("%d bytes are too many", size)
		}
		entries := make([]byte, getEntriesHeader+size)
		copy(entries[:31], name)
		copy(entries[32:36], b.at(80, 4))
		err := getsockopt(fd, level, soGetEntries, entries)
		if errors.Is(err, unix.EAGAIN) || errors.Is(err, unix.EINVAL) {
			continue // the table has changed meanwhile
		} else if err != nil {
			return nil, err
		}
		return decodeLegacy(name, decodeLegacyInfo(b), entries[getEntriesHeader:], pick(v6, layout6, layout4))
	}
	return nil, errors.New("it keeps changing")
}

func decodeLegacyInfo(b *blob) legacyInfo {
	i := legacyInfo{valid: b.u32(32)}
	for n := range i.hooks {
		i.hooks[n], i.underflows[n] = b.u32(36+4*n), b.u32(56+4*n)
	}
	return i
}

// getsockopt fills a buffer that also carries the question.
func getsockopt(fd, level, opt int, buf []byte) error {
	n := uint32(len(buf))
	_, _, errno := unix.Syscall6(unix.SYS_GETSOCKOPT, uintptr(fd), uintptr(level), uintptr(opt),
		uintptr(unsafe.Pointer(&buf[0])), uintptr(unsafe.Pointer(&n)), 0)
	if errno != 0 {
		return errno
	}
	return nil
}
