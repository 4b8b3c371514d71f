package firewall

import "testing"

func port(n uint16) []byte { return exactU16(n).bits }

func TestIntervals(t *testing.T) {
	s := &set{keyLen: 2, interval: true, elems: intervals([]rawElement{
		{element{from: port(0)}, true},
		{element{from: port(80)}, false}, {element{from: port(91)}, true},
		{element{from: port(91)}, false}, {element{from: port(92)}, true},
		{element{from: port(9000)}, false},
	})}
	for _, c := range []struct {
		port uint16
		want tri
	}{{79, no}, {80, yes}, {90, yes}, {91, yes}, {92, no}, {8999, no}, {9000, yes}, {65535, yes}} {
		if got := s.find(exactU16(c.port)).match; got != c.want {
			t.Errorf("find(%d) = %d, want %d", c.port, got, c.want)
		}
	}
}

func TestSetFind(t *testing.T) {
	accept, drop := &verdict{kind: vAccept}, &verdict{kind: vDrop}
	s := &set{keyLen: 2, elems: []element{
		{from: port(22), to: port(22), verdict: accept},
		{from: port(80), to: port(80), verdict: drop, comment: "web"},
		{catchall: true, verdict: accept},
	}}
	if f := s.find(exactU16(80)); f.match != yes || len(f.verdicts) != 1 || f.verdicts[0].kind != vDrop || f.verdicts[0].note != "web" {
		t.Errorf("find(80) = %+v, want drop with its comment", f)
	}
	if f := s.find(exactU16(81)); f.match != yes || len(f.verdicts) != 1 || f.verdicts[0].kind != vAccept {
		t.Errorf("find(81) = %+v, want the catch-all's accept", f)
	}
	if f := s.find(unknown(2, "x")); f.match != yes || len(f.verdicts) != 3 {
		t.Errorf("find(unknown) = %+v, want a match with three verdicts", f)
	}
	s.elems[1].unsure = "a limit"
	if f := s.find(exactU16(80)); len(f.verdicts) != 2 {
		t.Errorf("find(80) with a limit = %+v, want drop or the catch-all", f)
	}
}

func TestConcatenation(t *testing.T) {
	key := func(a, b byte, p uint16) []byte { return append([]byte{10, 77, a, b}, append(port(p), 0, 0)...) }
	s := &set{keyLen: 8, fields: []int{4, 2}, elems: []element{{from: key(1, 0, 80), to: key(1, 255, 90)}}}
	open := exact(key(1, 7, 0)...)
	open.known[4], open.known[5] = 0, 0
	for _, c := range []struct {
		name string
		key  value
		want tri
	}{
		{"inside", exact(key(1, 7, 85)...), yes},
		{"port outside", exact(key(1, 7, 91)...), no},
		{"address outside", exact(key(2, 7, 85)...), no},
		{"port open", open, maybe},
	} {
		if got := s.find(c.key).match; got != c.want {
			t.Errorf("%s: find = %d, want %d", c.name, got, c.want)
		}
	}
}
