package lab

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// Where names are looked up unless a test changes it: the server on ops.
const resolvConf = "nameserver 10.77.3.2\noptions timeout:1 attempts:2\n"

func (h *Host) etcHosts() string {
	return fmt.Sprintf("127.0.0.1 localhost\n::1 localhost ip6-localhost\n%s %s\n%s %s\n",
		h.IP(), h.Name, h.IP6(), h.Name)
}

// ownFilesScript runs a program with ops's resolv.conf and hosts in place of
// the machine's, in a mount namespace of its own.
const ownFilesScript = `
	mount --bind "$1/resolv.conf" "$(realpath /etc/resolv.conf)"
	mount --bind "$1/hosts" /etc/hosts
	shift; exec "$@"`

// ownFiles writes what ownFilesScript mounts.
func (h *Host) ownFiles() error {
	for name, content := range map[string]string{"resolv.conf": resolvConf, "hosts": h.etcHosts()} {
		if err := os.WriteFile(filepath.Join(h.lab.dir, name), []byte(content), 0o644); err != nil {
			return fmt.Errorf("write %s of ops: %w", name, err)
		}
	}
	return nil
}

// logPath is where a process of this host writes.
func (h *Host) logPath(name string) string {
	return filepath.Join(h.lab.dir, h.Name+"-"+strings.ReplaceAll(name, "/", "_")+".log")
}
