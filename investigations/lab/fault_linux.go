package lab

import (
	"slices"
	"testing"

	"golang.org/x/sys/unix"
)

// Fault is one way to break the lab, or to leave it whole in a way that
// misleads.
type Fault struct {
	Name string // unique
	// Cause is the cause's id, "" where a verdict must name none.
	Cause string
	// On is where it lies, as a verdict says it: a host, "between lb and web", or
	// a hop's address; "" where nothing is wrong or nothing is proved.
	On string
	// Also are more causes at once, as a verdict writes them: "fw-drop on web".
	Also []string
	// Target is what a person would ask about; Address is what See is about where
	// the target is an upstream's name.
	Target, Address string
	Inputs          []string // more of the request: "unit=shop.service"
	// NoRunner names a host that has no runner, LostRunner one whose runner the
	// bot has lost; the fault is one only then.
	NoRunner, LostRunner string
	// PlainRunner names a host whose runner has no privileges.
	PlainRunner string
	// FromOps tells that the bot's runner on ops connects without trouble, where
	// it does so in the stead of lb's.
	FromOps bool
	// Fix is a command that mends it when it is run on On, "" where none does:
	// a remedy of kind fix must come to the same, not be the same.
	Fix string
	See Sight
	// Make breaks a lab that Start or Reset left whole.
	Make func(testing.TB, *Lab)
}

// Sight is what a plain connect from lb to the target sees.
type Sight struct {
	Errno unix.Errno // 0 is connected
	ICMP  string     // as in Attempt
	// Unresolved tells that lb cannot resolve the target's name at all.
	Unresolved bool
	// Varies tells that it is now this and now that: a verdict may be the cause,
	// healthy or inconclusive, but no other cause.
	Varies bool
}

// What a connect can see, in the words of the kernel.
var (
	connected = Sight{}
	reset     = Sight{Errno: unix.ECONNREFUSED}
	silence   = Sight{Errno: unix.ETIMEDOUT}
)

// Target and unit of most faults.
const (
	shop     = "10.77.2.2:8080"
	shop6    = "[fd77:2::2]:8080"
	shopUnit = "shop.service"
)

// Faults lists all of them, in the order of the plan's steps.
func Faults() []Fault {
	return slices.Concat(unitFaults(), memoryFaults(), lifeFaults(), listenerFaults(), firewallFaults(), outputFaults(),
		pathFaults(), routeFaults(), nameFaults(), upstreamFaults(), queueFaults(), pairFaults(), lookAlikes(), bystanders(), innocents())
}

// serveShop starts the service of most faults on its port, IPv4 and IPv6.
func serveShop(t testing.TB, l *Lab) {
	t.Helper()
	l.Web.Serve(t, Service{Unit: shopUnit, Listen: []string{"[::]:8080"}})
}

// after makes a fault of a script that runs on a host while the shop is served.
func after(host func(*Lab) *Host, script string) func(testing.TB, *Lab) {
	return func(t testing.TB, l *Lab) {
		t.Helper()
		serveShop(t, l)
		host(l).Shell(t, script)
	}
}

func onWeb(l *Lab) *Host { return l.Web }
func onLB(l *Lab) *Host  { return l.LB }
func onRtr(l *Lab) *Host { return l.Rtr }
