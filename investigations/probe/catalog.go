package probe

import (
	"reflect"
	"time"

	"github.com/plexorbot/plexor/investigations"
)

// Catalog describes every probe, whatever this host can carry out: a plan is
// checked against it before a runner is known.
func Catalog() investigations.Catalog {
	c := investigations.Catalog{}
	add := func(s investigations.ProbeSpec) { c[s.Name] = s }

	add(spec[ResolveArgs, ResolveFacts]("dns.resolve", 15*time.Second,
		"resolves a name as the host's programs do, and asks each of its DNS servers alone"))
	add(spec[ConnectArgs, ConnectFacts]("tcp.connect", 20*time.Second,
		"opens TCP connections and says what became of the SYN and who answered it"))
	add(watch(spec[WatchArgs, WatchFacts]("tcp.watch", 30*time.Second,
		"watches for the connections of a paired tcp.connect: was the SYN seen, and what answered it")))
	add(spec[ListenersArgs, ListenersFacts]("socket.listeners", 10*time.Second,
		"lists who listens on a port, in every network namespace, with queues and owners"))
	add(spec[ServiceArgs, ServiceFacts]("service.status", 10*time.Second,
		"asks systemd for a unit's state, result, process and ports"))
	add(spec[OwnerArgs, OwnerFacts]("port.owner", 10*time.Second,
		"says who should hold a port, and how that is known"))
	add(spec[FirewallArgs, FirewallFacts]("firewall.verdict", 10*time.Second,
		"finds the firewall rule that decides about a connection's first packet"))
	add(spec[RouteArgs, RouteFacts]("net.route", 5*time.Second,
		"asks for the route to an address and the neighbour that it leads to"))
	add(slow(spec[PathArgs, PathFacts]("net.path", 10*time.Second,
		"traces the path to an endpoint with TCP SYNs of a rising TTL")))
	add(spec[UpstreamArgs, UpstreamFacts]("lb.upstream", 5*time.Second,
		"reads the servers of a load balancer's upstream from its configuration files"))
	return c
}

func spec[Args, Facts any](name string, timeout time.Duration, help string) investigations.ProbeSpec {
	return investigations.ProbeSpec{
		Name: name, Help: help, Timeout: timeout,
		Args: reflect.TypeFor[Args](), Facts: reflect.TypeFor[Facts](),
	}
}

func slow(s investigations.ProbeSpec) investigations.ProbeSpec  { s.Slow = true; return s }
func watch(s investigations.ProbeSpec) investigations.ProbeSpec { s.Watch = true; return s }
