package firewall

import (
	"encoding/binary"
	"testing"
)

// legacyEntryBytes is an IPv4 entry: no addresses, one match, one target.
func legacyEntryBytes(match, target []byte) []byte {
	b := make([]byte, layout4.end)
	binary.NativeEndian.PutUint16(b[layout4.target:], uint16(layout4.end+len(match)))
	binary.NativeEndian.PutUint16(b[layout4.next:], uint16(layout4.end+len(match)+len(target)))
	binary.NativeEndian.PutUint16(b[layout4.proto:], protoTCP)
	return append(append(b, match...), target...)
}

// xtBytes is a match or target with its header.
func xtBytes(name string, rev byte, info []byte) []byte {
	b := make([]byte, xtHeader)
	binary.NativeEndian.PutUint16(b, uint16(xtHeader+len(info)))
	copy(b[2:], name)
	b[31] = rev
	return append(b, info...)
}

func standardBytes(v int32) []byte {
	return xtBytes("", 0, append(binary.NativeEndian.AppendUint32(nil, uint32(v)), 0, 0, 0, 0))
}

// legacyTableBytes is a filter table whose INPUT rejects port 8080 and drops by
// policy.
func legacyTableBytes() ([]byte, legacyInfo) {
	tcp := xtBytes("tcp", 0, []byte{0, 0, 0xff, 0xff, 0x90, 0x1f, 0x90, 0x1f, 0, 0, 0, 0, 0, 0, 0, 0})
	b := legacyEntryBytes(tcp, xtBytes("REJECT", 0, []byte{7, 0, 0, 0, 0, 0, 0, 0}))
	policy := legacyEntryBytes(nil, standardBytes(-1))
	binary.NativeEndian.PutUint16(policy[layout4.proto:], 0)
	b = append(b, policy...)
	b = append(b, legacyEntryBytes(nil, xtBytes("ERROR", 0, append([]byte("ERROR"), make([]byte, 27)...)))...)
	return b, legacyInfo{valid: 1 << 1}
}

func TestDecodeLegacy(t *testing.T) {
	data, info := legacyTableBytes()
	tb, err := decodeLegacy("filter", info, data, layout4)
	if err != nil {
		t.Fatal(err)
	}
	for port, want := range map[uint16]string{8080: "reject with tcp-reset by INPUT 1", 80: "drop by policy of INPUT"} {
		if got := short(decideOn(syn(port), hookInput, tb)); got != want {
			t.Errorf("port %d: decided %s, want %s", port, got, want)
		}
	}
	want := "-A INPUT -p tcp -m tcp --dport 8080 -j REJECT --reject-with tcp-reset"
	if got := tb.byName["INPUT"].rules[0].text(); got != want {
		t.Errorf("text = %s, want %s", got, want)
	}
}

func TestDecodeLegacyCut(t *testing.T) {
	data, info := legacyTableBytes()
	for n := range data {
		_, _ = decodeLegacy("filter", info, data[:n], layout4) // must not panic
	}
	data[layout4.next] = 1
	if _, err := decodeLegacy("filter", info, data, layout4); err == nil {
		t.Error("an entry that leads into itself was taken")
	}
}

func FuzzDecodeLegacy(f *testing.F) {
	data, _ := legacyTableBytes()
	f.Add(data, uint32(0), uint32(0), uint8(2), false)
	f.Add(data, uint32(184), uint32(336), uint8(31), true)
	f.Fuzz(func(t *testing.T, data []byte, in, out uint32, valid uint8, v6 bool) {
		info := legacyInfo{hooks: [5]uint32{0, in, 0, out, 0}, valid: uint32(valid)}
		tb, err := decodeLegacy("filter", info, data, pick(v6, layout6, layout4))
		if err != nil {
			return
		}
		decideOn(syn(80), hookInput, tb)
		for _, c := range tb.chains {
			for _, r := range c.rules {
				_ = r.text()
			}
		}
	})
}

func FuzzDecodeXT(f *testing.F) {
	for _, name := range []string{"tcp", "multiport", "conntrack", "state", "addrtype", "mark", "connmark", "iprange", "set", "limit",
		"helper", "owner", "pkttype", "rpfilter", "comment", "REJECT", "DNAT", "REDIRECT", "MARK", "CONNMARK", "LOG", "NFLOG", "CT", "SNAT"} {
		for rev := range uint8(4) {
			f.Add(name, rev, make([]byte, 160), false)
		}
	}
	f.Fuzz(func(t *testing.T, name string, rev uint8, info []byte, v6 bool) {
		c := chainOf("INPUT", hookInput, 0, []expr{decodeXTMatch(name, int(rev), info, v6)}, []expr{decodeXTTarget(name, int(rev), info, v6)})
		tb := tableOf("filter", c)
		decideOn(syn(80), hookInput, tb)
		for _, r := range c.rules {
			_ = r.iptablesText()
		}
	})
}
