package firewall

import "testing"

func TestValueEqual(t *testing.T) {
	flags := value{bits: []byte{0x02}, known: []byte{0x3f}} // SYN, ECN bits open
	ports := unknown(2, "port")
	ports.lo, ports.hi = []byte{0x80, 0x00}, []byte{0xff, 0xff}
	for _, c := range []struct {
		name string
		v    value
		d    []byte
		want tri
	}{
		{"known and same", exact(1, 2), []byte{1, 2}, yes},
		{"known and other", exact(1, 2), []byte{1, 3}, no},
		{"prefix of it", exact(1, 2, 3), []byte{1, 2}, yes},
		{"unknown", unknown(2, ""), []byte{1, 2}, maybe},
		{"an open bit differs", flags, []byte{0xc2}, maybe},
		{"a known bit differs", flags, []byte{0x12}, no},
		{"out of bounds", ports, []byte{0x00, 0x50}, no},
		{"within bounds", ports, []byte{0x90, 0x00}, maybe},
	} {
		if got := c.v.equal(c.d); got != c.want {
			t.Errorf("%s: equal = %d, want %d", c.name, got, c.want)
		}
	}
}

func TestValueBetween(t *testing.T) {
	ports := unknown(2, "port")
	ports.lo, ports.hi = exactU16(32768).bits, exactU16(60999).bits
	for _, c := range []struct {
		v      value
		lo, hi uint16
		want   tri
	}{
		{exactU16(80), 80, 80, yes},
		{exactU16(80), 81, 90, no},
		{exactU16(90), 81, 90, yes},
		{ports, 1024, 65535, yes},
		{ports, 1, 1023, no},
		{ports, 40000, 50000, maybe},
		{ports, 60999, 60999, maybe},
		{ports, 61000, 65535, no},
	} {
		if got := c.v.between(exactU16(c.lo).bits, exactU16(c.hi).bits); got != c.want {
			t.Errorf("%x..%x between(%d, %d) = %d, want %d", c.v.min(), c.v.max(), c.lo, c.hi, got, c.want)
		}
	}
}

func TestValueMasked(t *testing.T) {
	v := value{bits: []byte{0x02}, known: []byte{0x3f}}
	m := v.masked([]byte{0x17}, nil)
	if !m.isExact() || m.bits[0] != 0x02 {
		t.Errorf("SYN & 0x17 = %x known %x, want 02 known ff", m.bits, m.known)
	}
	if m := v.masked([]byte{0xc0}, []byte{0xff}); m.known[0] != 0x3f || m.bits[0] != 0x3f {
		t.Errorf("(SYN & 0xc0) ^ 0xff = %x known %x, want 3f known 3f", m.bits, m.known)
	}
}

func TestRegisters(t *testing.T) {
	var r registers
	r.load(1, exact(1, 2, 3, 4, 5, 6, 7, 8))
	r.load(9, exact(9)) // the second 4 bytes of register 1
	if got := r.read(1, 8).bits; string(got) != string([]byte{1, 2, 3, 4, 9, 0, 0, 0}) {
		t.Errorf("register 1 = %x, want 0102030409000000", got)
	}
	if v := r.read(2, 4); v.isExact() {
		t.Errorf("register 2 = %x, want nothing known", v.bits)
	}
	for _, reg := range []uint32{0, 5, 7, 24, 1 << 31} {
		r.load(reg, exact(1)) // out of range: must not panic
		if v := r.read(reg, 4); v.isExact() {
			t.Errorf("register %d is known", reg)
		}
	}
	r.load(23, exact(1, 2, 3, 4, 5)) // longer than what is left
	if v := r.read(23, 8); v.isExact() {
		t.Errorf("register 23 read beyond the end = %x", v.bits)
	}
}

func TestMarkSet(t *testing.T) {
	got := mark{0x0f, 0xff}.set(mark{0x30, ^uint32(0)}, 0xf0)
	if got != (mark{0x3f, 0xff}) {
		t.Errorf("mark set = %+v, want 3f known ff", got)
	}
}
