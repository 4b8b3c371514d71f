package probe

import (
	"context"
	"fmt"

	"github.com/plexorbot/plexor/investigations"
)

// native are the probes that need Linux.
func (s *Set) native() map[string]handler {
	return map[string]handler{
		"tcp.watch":        s.watch,
		"socket.listeners": plain(SocketListeners),
		"service.status":   plain(s.ServiceStatus),
		"port.owner":       plain(s.PortOwner),
		"net.route":        plain(NetRoute),
		"net.path":         plain(NetPath),
	}
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
