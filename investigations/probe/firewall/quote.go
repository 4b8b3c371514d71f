package firewall

import (
	"strconv"
	"strings"
)

// quote is a string as nft prints it.
func quote(s string) string { return `"` + strings.ReplaceAll(s, `"`, `\"`) + `"` }

// quoteXT is a string as iptables-save prints it: quoted only where it must be.
func quoteXT(s string) string {
	if s != "" && !strings.ContainsAny(s, " \t\"'\\!#$&*();<>?[]`{|}~:,") {
		return s
	}
	return strconv.Quote(s)
}

func bang(invert bool) []string {
	if invert {
		return []string{"!"}
	}
	return nil
}

var tcpFlagNames = []string{"FIN", "SYN", "RST", "PSH", "ACK", "URG", "ECE", "CWR"}

func tcpFlagList(bits byte) string { return orElse(bitNames(uint32(bits), tcpFlagNames), "NONE") }
