package probe

import (
	"errors"
	"fmt"

	"golang.org/x/sys/unix"
)

// readRegular is the start of a regular file, at most limit bytes. It does
// without os.File, which asks the kernel twice as often: a host has hundreds of
// unit files.
func readRegular(path string, limit int64) (string, error) {
	var info unix.Stat_t
	if err := again(func() error { return unix.Stat(path, &info) }); err != nil {
		return "", fmt.Errorf("stat %s: %w", path, err)
	}
	if info.Mode&unix.S_IFMT != unix.S_IFREG {
		return "", fmt.Errorf("%s is no file", path)
	}
	var fd int
	err := again(func() (err error) {
		fd, err = unix.Open(path, unix.O_RDONLY|unix.O_CLOEXEC|unix.O_NONBLOCK, 0)
		return err
	})
	if err != nil {
		return "", fmt.Errorf("open %s: %w", path, err)
	}
	defer unix.Close(fd)
	text := make([]byte, 0, min(info.Size+1, limit)) // one more: a read that does not fill it was the last
	for len(text) < cap(text) {
		n := 0
		err := again(func() (err error) {
			n, err = unix.Read(fd, text[len(text):cap(text)])
			return err
		})
		if err != nil {
			return "", fmt.Errorf("read %s: %w", path, err)
		}
		if text = text[:len(text)+n]; n == 0 || int64(len(text)) == info.Size {
			break
		}
	}
	return string(text), nil
}

// again repeats a call that a signal interrupted.
func again(call func() error) error {
	for {
		if err := call(); !errors.Is(err, unix.EINTR) {
			return err
		}
	}
}
