package firewall

// state is one way that the packet may have taken so far.
type state struct {
	packet
	accepted decider // the last rule or policy that accepted
	zone     string  // of firewalld, if a chain of one was entered
	note     string  // comment of the last map element that led on
	skipNAT  bool    // this hook's mapping stands
}

// decider is what a verdict came from: a rule, or a chain's policy.
type decider struct {
	rule  *rule
	chain *chain // where the rule or policy stands
	base  *chain
}

// reason is a chain of what was assumed on a way.
type reason struct {
	text string
	prev *reason
}

// way is a state with what was assumed to come to it.
type way struct {
	state
	why *reason
}

func (w way) assuming(text string) way {
	for r := w.why; r != nil; r = r.prev {
		if r.text == text {
			return w
		}
	}
	w.why = &reason{text, w.why}
	return w
}

// work is the evaluation of one rule on one way.
type work struct {
	*way
	host  *host
	base  *chain
	table *table
	regs  registers
}

// registers are the sixteen 4-byte registers of nftables; the four old ones of
// 16 bytes lie over them (nf_tables.h).
type registers struct {
	bits, known [64]byte
	bounds      map[int]value
	what        [16]string
}

const (
	regVerdict = 0
	reg32First = 8
)

func regOffset(reg uint32) (int, bool) {
	switch {
	case reg >= 1 && reg <= 4:
		return int(reg-1) * 16, true
	case reg >= reg32First && reg < reg32First+16:
		return int(reg-reg32First) * 4, true
	}
	return 0, false
}

// load puts a value in a register, padded to whole registers with zeros.
func (r *registers) load(reg uint32, v value) {
	off, ok := regOffset(reg)
	n := (len(v.bits) + 3) &^ 3
	if !ok || off+n > len(r.bits) {
		return
	}
	p := v.part(0, n)
	copy(r.bits[off:], p.bits)
	copy(r.known[off:], p.known)
	for i := off; i < off+n; i += 4 {
		delete(r.bounds, i)
		r.what[i/4] = v.what
	}
	if v.lo != nil {
		clear(r.known[off : off+len(v.bits)])
		if r.bounds == nil {
			r.bounds = map[int]value{}
		}
		r.bounds[off] = v
	}
}

// read gives n bytes from a register on.
func (r *registers) read(reg uint32, n int) value {
	off, ok := regOffset(reg)
	if !ok || n < 0 || off+n > len(r.bits) {
		return unknown(max(n, 0), "a register")
	}
	if v, ok := r.bounds[off]; ok && len(v.bits) == n {
		return v
	}
	v := value{bits: r.bits[off : off+n : off+n], known: r.known[off : off+n : off+n]}
	for i := off; i < off+n; i += 4 {
		if v.what == "" {
			v.what = r.what[i/4]
		}
	}
	return v
}
