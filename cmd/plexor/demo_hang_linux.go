package main

import (
	"errors"
	"fmt"
	"net"
	"os"
	"strconv"
	"time"

	"golang.org/x/sys/unix"
)

// hang listens with a backlog of one and never accepts.
func hang(port int) (backend, error) {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return backend{}, fmt.Errorf("make a socket: %w", err)
	}
	loopback := [4]byte{127, 0, 0, 1}
	err = unix.Bind(fd, &unix.SockaddrInet4{Port: port, Addr: loopback})
	if errors.Is(err, unix.EADDRINUSE) {
		err = unix.Bind(fd, &unix.SockaddrInet4{Addr: loopback})
	}
	if err == nil {
		err = unix.Listen(fd, 1)
	}
	name, nameErr := unix.Getsockname(fd)
	if err = errors.Join(err, nameErr); err != nil {
		unix.Close(fd)
		return backend{}, fmt.Errorf("listen: %w", err)
	}
	b := backend{port: name.(*unix.SockaddrInet4).Port, Closer: os.NewFile(uintptr(fd), "listener")}
	b.fill = func() error { return fillQueue(b.port) }
	return b, nil
}

// fillQueue leaves connections in the accept queue until the kernel takes no
// more, and keeps them open as long as the process lives.
func fillQueue(port int) error {
	address := net.JoinHostPort("127.0.0.1", strconv.Itoa(port))
	for range 8 {
		if _, err := net.DialTimeout("tcp", address, 300*time.Millisecond); err != nil {
			return nil
		}
	}
	return errors.New("the queue does not fill")
}
