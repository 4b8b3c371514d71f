package firewall

import "strconv"

func itoa(n int64) string { return strconv.FormatInt(n, 10) }

var metaNames = []string{"length", "protocol", "priority", "mark", "iif", "oif", "iifname", "oifname", "iiftype", "oiftype",
	"skuid", "skgid", "nftrace", "rtclassid", "secmark", "nfproto", "l4proto", "ibrname", "obrname", "pkttype", "cpu", "iifgroup",
	"oifgroup", "cgroup", "random", "secpath", "iifkind", "oifkind", "ibrpvid", "ibrvproto", "time", "day", "hour", "sdif", "sdifname"}

func metaName(key uint32) string { return at(metaNames, key) }

var ctNames = []string{"state", "direction", "status", "mark", "secmark", "expiration", "helper", "l3proto", "saddr", "daddr",
	"protocol", "proto-src", "proto-dst", "label", "packets", "bytes", "avgpkt", "zone", "event", "ip saddr", "ip daddr",
	"ip6 saddr", "ip6 daddr", "id"}

func ctName(key uint32) string { return at(ctNames, key) }

func at(names []string, i uint32) string {
	if int(i) < len(names) {
		return names[i]
	}
	return itoa(int64(i))
}
