package probe

import (
	"fmt"
	"os"
	"strconv"
	"strings"
)

// counters are those of a network namespace that tell what became of
// connections: /proc/net/snmp (RFC 4022, RFC 4293) and /proc/net/netstat.
type counters struct {
	outRsts, inSegs              int64 // Tcp
	outUnreachs, out6Unreachs    int64 // Icmp, Icmp6
	listenDrops, listenOverflows int64 // TcpExt
}

// readCounters reads the counters of the calling thread's network namespace,
// without netstat's.
func readCounters() (c counters, err error) {
	text, err := os.ReadFile("/proc/thread-self/net/snmp")
	if err != nil {
		return c, fmt.Errorf("read the kernel's counters: %w", err)
	}
	t := parseCounters(string(text))
	c.outRsts, c.inSegs = t["Tcp:OutRsts"], t["Tcp:InSegs"]
	c.outUnreachs = t["Icmp:OutDestUnreachs"]
	return c, nil
}

// readAllCounters reads them all.
func readAllCounters() (c counters, err error) {
	if c, err = readCounters(); err != nil {
		return c, err
	}
	text, err := os.ReadFile("/proc/thread-self/net/netstat")
	if err != nil {
		return c, fmt.Errorf("read the kernel's counters: %w", err)
	}
	t := parseCounters(string(text))
	c.listenDrops, c.listenOverflows = t["TcpExt:ListenDrops"], t["TcpExt:ListenOverflows"]
	if text, err := os.ReadFile("/proc/thread-self/net/snmp6"); err == nil {
		c.out6Unreachs = parseSNMP6(string(text))["Icmp6OutDestUnreachs"]
	}
	return c, nil
}

// parseCounters reads pairs of lines: a protocol with the names, then the same
// with the values. The keys are Protocol:Name.
func parseCounters(text string) map[string]int64 {
	values := map[string]int64{}
	lines := strings.Split(text, "\n")
	for i := 0; i+1 < len(lines); i += 2 {
		names, numbers := strings.Fields(lines[i]), strings.Fields(lines[i+1])
		if len(names) == 0 || len(names) != len(numbers) || names[0] != numbers[0] {
			continue
		}
		for j := 1; j < len(names); j++ {
			if n, err := strconv.ParseInt(numbers[j], 10, 64); err == nil {
				values[names[0]+names[j]] = n
			}
		}
	}
	return values
}

// parseSNMP6 reads lines of a name and a value.
func parseSNMP6(text string) map[string]int64 {
	values := map[string]int64{}
	for line := range strings.Lines(text) {
		if f := strings.Fields(line); len(f) == 2 {
			if n, err := strconv.ParseInt(f[1], 10, 64); err == nil {
				values[f[0]] = n
			}
		}
	}
	return values
}
