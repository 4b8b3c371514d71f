package probe

import (
	"context"
	"net/netip"
	"time"
)

const resetWindows = 5

// kernelResets connects a few more times to a port of this host that refuses
// and looks at Tcp:OutRsts around each: Linux counts the resets of its own TCP
// there, and not those of nf_reject. True if each window has exactly one, false
// if none has any, unset if the counters were not quiet or a connection did not
// end in a reset.
func kernelResets(ctx context.Context, to netip.AddrPort) *bool {
	if n, ok := outRstsDuring(func() bool { time.Sleep(time.Millisecond); return true }); !ok || n != 0 {
		return nil
	}
	total := int64(0)
	for range resetWindows {
		n, ok := outRstsDuring(func() bool {
			t, err := connectOnce(ctx, to, 0, time.Second)
			return err == nil && t.outcome == refused && t.icmp == nil
		})
		if !ok || n > 1 {
			return nil
		}
		total += n
	}
	switch total {
	case resetWindows:
		return new(true)
	case 0:
		return new(false)
	}
	return nil
}

// outRstsDuring is the rise of Tcp:OutRsts while something is done, which may
// fail.
func outRstsDuring(do func() bool) (rise int64, ok bool) {
	before, err := readCounters()
	if err != nil {
		return 0, false
	}
	if !do() {
		return 0, false
	}
	after, err := readCounters()
	if err != nil {
		return 0, false
	}
	return after.outRsts - before.outRsts, true
}
