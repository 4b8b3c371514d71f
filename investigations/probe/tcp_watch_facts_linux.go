package probe

import (
	"net"
	"strings"

	"github.com/vishvananda/netlink"
)

// sighting is what a watch saw.
type sighting struct {
	syns      int64
	first     captured // the first SYN
	answered  string   // how the first answer looked, "" if none left
	answerTTL uint8
	resets    int64 // all that left this host
	passing   bool  // a reset for the paired check came in here to be forwarded
}

// syn counts a SYN where the first came in: it passes a bridge and its ports
// too.
func (s *sighting) syn(p captured) {
	if s.syns == 0 {
		s.first = p
	}
	if p.index == s.first.index {
		s.syns++
	}
}

func (s *sighting) answer(p captured) {
	if s.answered != "" {
		return
	}
	s.answerTTL = p.ttl
	switch {
	case p.quoted != nil:
		s.answered = "icmp"
	case p.flags&flagRST != 0:
		s.answered = "reset"
	default:
		s.answered = "syn-ack"
	}
}

// facts are those of the packets. If some were lost, not having seen one is no
// fact.
func (s *sighting) facts(whole bool, before, after counters) WatchFacts {
	f := WatchFacts{}
	if whole || s.syns > 0 {
		f.SYNSeen, f.SYNs = new(s.syns > 0), new(s.syns)
	}
	if whole {
		f.ResetsSeen = new(s.resets)
	}
	if s.syns == 0 {
		return f
	}
	f.From, f.TTL = new(s.first.source.Addr().String()), new(int64(s.first.ttl))
	if i, err := net.InterfaceByIndex(s.first.index); err == nil {
		f.Interface = new(i.Name)
	}
	switch {
	case s.answered != "":
		f.Answer, f.AnswerTTL = new(s.answered), new(int64(s.answerTTL))
	case whole:
		f.Answer = new("none")
	}
	if s.answered == "reset" && whole {
		f.Forwarded, f.KernelReset = new(s.passing), new(false)
		if !s.passing {
			f.KernelReset = kernelReset(s.resets, after.outRsts-before.outRsts)
		}
	}
	return f
}

// takesFirst names the interfaces whose packets an XDP program sees before a
// capture does.
func takesFirst() (names []string) {
	links, err := netlink.LinkList()
	if err != nil {
		return nil
	}
	for _, l := range links {
		if x := l.Attrs().Xdp; x != nil && x.Attached {
			names = append(names, l.Attrs().Name)
		}
	}
	return names
}

// behind takes back what a capture behind XDP programs cannot know: that a SYN
// did not come in.
func (f *WatchFacts) behind(names []string) {
	if len(names) == 0 || f.SYNSeen == nil || *f.SYNSeen {
		return
	}
	f.SYNSeen, f.SYNs = nil, nil
	f.lacks("an XDP program on " + strings.Join(names, ", ") + " sees packets before this watch does")
}

// kernelReset judges who made the resets that left, by how much Tcp:OutRsts
// rose meanwhile.
func kernelReset(left, counted int64) *bool {
	switch {
	case counted == 0:
		return new(false)
	case counted == left:
		return new(true)
	}
	return nil
}

// counters tells how much the kernel's counters rose.
func (f *WatchFacts) counters(before, after counters) {
	f.OutRsts = new(after.outRsts - before.outRsts)
	f.InSegs = new(after.inSegs - before.inSegs)
	f.OutUnreachs = new(after.outUnreachs - before.outUnreachs + after.out6Unreachs - before.out6Unreachs)
	f.ListenDrops = new(after.listenDrops - before.listenDrops)
	f.ListenOverflows = new(after.listenOverflows - before.listenOverflows)
}
