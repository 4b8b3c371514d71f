package lab

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
)

// Unavailable returns why a lab cannot be made here, or "" where it can.
func Unavailable() string {
	if os.Geteuid() != 0 {
		return "the lab needs root"
	}
	for _, program := range []string{"ip", "bridge", "nsenter", "unshare", "nft", "systemd-nspawn"} {
		if _, err := exec.LookPath(program); err != nil {
			return fmt.Sprintf("the lab needs %s", program)
		}
	}
	if root := rootFS(); !exists(filepath.Join(root, "etc/plexor-lab")) {
		return fmt.Sprintf("no root file system in %s: run investigations/lab/rootfs", root)
	}
	return ""
}

// rootFS is where the script rootfs puts the hosts' file system.
func rootFS() string {
	if dir := os.Getenv("PLEXOR_LAB_ROOTFS"); dir != "" {
		return dir
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		cache = "/root/.cache"
	}
	return filepath.Join(cache, "plexor", "lab-rootfs")
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}
