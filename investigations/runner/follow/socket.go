package follow

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
)

// maxDatagram is the largest message that is read whole, in bytes.
const maxDatagram = 64 << 10

// receiveBuffer is what the kernel is asked to keep of messages that were not
// read yet, in bytes; it gives less where its limit is lower.
const receiveBuffer = 4 << 20

// followSocket receives syslog until ctx ends: one message a datagram, with or
// without the header of RFC 3164 or RFC 5424.
func (f *feed) followSocket(ctx context.Context) error {
	conn, err := f.listen()
	if err != nil {
		return err
	}
	defer conn.Close()
	stop := context.AfterFunc(ctx, func() { conn.Close() })
	defer stop()
	f.trouble(nil)
	return f.receive(ctx, conn, make([]byte, maxDatagram))
}

// message takes one datagram; some senders put several lines in it.
func (f *feed) message(text []byte) {
	for line := range bytes.Lines(text) {
		f.line(bytes.TrimRight(line, "\r\n\x00"))
	}
}

// listen makes the socket. One in the file system is open to all on this host,
// as /dev/log is: who writes a log has another user.
func (f *feed) listen() (net.Conn, error) {
	if f.source.Kind == UDP {
		at, err := net.ResolveUDPAddr("udp", f.source.Where)
		if err != nil {
			return nil, err
		}
		conn, err := net.ListenUDP("udp", at)
		if err != nil {
			return nil, err
		}
		conn.SetReadBuffer(receiveBuffer) // less is taken as it is
		return conn, nil
	}
	path := f.source.Where
	if err := removeSocket(path); err != nil {
		return nil, err
	}
	conn, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: path, Net: "unixgram"})
	if err != nil {
		return nil, err
	}
	conn.SetReadBuffer(receiveBuffer)
	if err := os.Chmod(path, 0o666); err != nil {
		conn.Close()
		return nil, fmt.Errorf("open the socket to all on this host: %w", err)
	}
	return conn, nil
}

// removeSocket removes a socket that was left behind, and nothing else.
func removeSocket(path string) error {
	info, err := os.Lstat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return err
	case info.Mode().Type() != fs.ModeSocket:
		return fmt.Errorf("%s is there and is not a socket", path)
	}
	return os.Remove(path)
}
