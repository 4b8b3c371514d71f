package probe

import (
	"context"
	"fmt"

	"github.com/plexorbot/plexor/investigations"
)

// native carries out a probe that needs Linux.
func (s *Set) native(name string) handler {
	switch name {
	case "tcp.watch":
		return s.watch
	case "socket.listeners":
		return plain(SocketListeners)
	case "service.status":
		return plain(s.ServiceStatus)
	case "port.owner":
		return plain(s.PortOwner)
	case "net.route":
		return plain(NetRoute)
	case "net.path":
		return plain(NetPath)
	}
	return nil
}

func (s *Set) watch(ctx context.Context, r investigations.Request) (any, error) {
	args, err := decode[WatchArgs](r.Args)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", r.Probe, err)
	}
	facts, err := s.TCPWatch(ctx, args, signals{r.Armed, r.Finish})
	if err != nil {
		return nil, err
	}
	return facts, nil
}
