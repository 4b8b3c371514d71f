package investigations

import (
	"crypto/sha256"
	"encoding/binary"
	"math/rand/v2"
)

// Source ports of paired checks lie below the range from which Linux chooses
// by itself (32768 to 60999, Documentation/networking/ip-sysctl.rst,
// ip_local_port_range) and above what services use.
const (
	firstPort = 20000
	lastPort  = 29999
)

// sourcePorts chooses the source ports of an endpoint's paired check: random
// for one investigation, distinct within it, and the same when it is resumed.
func sourcePorts(id string, endpoint int) []int64 {
	sum := sha256.Sum256([]byte(id))
	random := rand.New(rand.NewPCG(binary.BigEndian.Uint64(sum[:]), binary.BigEndian.Uint64(sum[8:])))
	span := lastPort - firstPort + 1
	start := random.IntN(span)
	ports := make([]int64, portsEach)
	for i := range ports {
		// A stride that shares no factor with the span visits each port once.
		ports[i] = int64(firstPort + (start+(endpoint*portsEach+i)*7)%span)
	}
	return ports
}
