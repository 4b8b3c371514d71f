//go:build !linux

package follow

import (
	"context"
	"fmt"
	"net"
	"time"
)

// receive reads messages until the socket is closed.
func (f *feed) receive(_ context.Context, conn net.Conn, buf []byte) error {
	for {
		n, err := conn.Read(buf)
		if err != nil {
			return fmt.Errorf("receive syslog: %w", err)
		}
		f.tick(time.Now())
		f.message(buf[:n])
	}
}
