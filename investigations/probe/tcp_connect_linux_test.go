package probe

import (
	"testing"
)

// value is what a fact points to, for a failure's text: not set is <unset>.
func value[T any](p *T) any {
	if p == nil {
		return "<unset>"
	}
	return *p
}

func TestConnectMatrix(t *testing.T) {
	w := newWorld(t)
	w.listen("be", listenOn{Address: "0.0.0.0:8080", Accept: true})
	w.listen("be", listenOn{Address: "[::]:8081", V6Only: true, Accept: true})
	w.nft("be", "ip", `in tcp dport 9001 counter reject with tcp reset;in tcp dport 9002 counter reject;in tcp dport 9003 counter reject with icmp host-unreachable`)

	f := probeOn[ConnectFacts](w, "lb", "tcp.connect", ConnectArgs{Addresses: []string{beAddr}, Port: 9002})
	t.Log(f)
}
