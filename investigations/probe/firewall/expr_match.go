package firewall

// Operators of cmp (enum nft_cmp_ops).
const (
	cmpEq = iota
	cmpNeq
	cmpLt
	cmpLte
	cmpGt
	cmpGte
)

// cmp is [ cmp OP reg DATA ].
type cmp struct {
	op, sreg uint32
	data     []byte
}

func (e *cmp) eval(w *work) outcome {
	v := w.regs.read(e.sreg, len(e.data))
	var t tri
	switch e.op {
	case cmpEq:
		t = v.equal(e.data)
	case cmpNeq:
		t = v.equal(e.data).not()
	case cmpLt:
		t = v.below(e.data)
	case cmpLte:
		t = v.below(e.data).or(v.equal(e.data))
	case cmpGt:
		t = v.below(e.data).or(v.equal(e.data)).not()
	case cmpGte:
		t = v.below(e.data).not()
	default:
		t = maybe
	}
	return matches(t, v.what)
}

// inRange is [ range OP reg FROM TO ].
type inRange struct {
	invert   bool
	sreg     uint32
	from, to []byte
}

func (e *inRange) eval(w *work) outcome {
	v := w.regs.read(e.sreg, len(e.from))
	return matches(v.between(e.from, e.to).xor(e.invert), v.what)
}

// bitwise is [ bitwise reg = (reg & MASK) ^ XOR ]; op is 0 for that, others
// (shifts, and two registers) give what cannot be known unless all is known.
type bitwise struct {
	op, sreg, dreg, len uint32
	mask, xor           []byte
}

func (e *bitwise) eval(w *work) outcome {
	n := int(min(e.len, 64))
	v := w.regs.read(e.sreg, n)
	if e.op == 0 && len(e.mask) >= n {
		w.regs.load(e.dreg, v.masked(e.mask[:n], e.xor))
		return matched()
	}
	w.regs.load(e.dreg, unknown(n, "a shifted "+v.what))
	return matched()
}

// lookup is [ lookup reg SET ], with a value or verdict register for a map.
type lookup struct {
	set        string
	sreg, dreg uint32
	invert     bool
	isMap      bool
}

func (e *lookup) eval(w *work) outcome {
	s := w.table.sets[e.set]
	if s == nil {
		return matches(maybe, "set "+e.set)
	}
	found := s.find(w.regs.read(e.sreg, s.keyLen))
	switch {
	case !e.isMap:
		return matches(found.match.xor(e.invert), found.why)
	case e.dreg == regVerdict:
		return outcome{match: found.match, why: found.why, verdicts: found.verdicts}
	case found.match != no:
		w.regs.load(e.dreg, found.data)
	}
	return matches(found.match, found.why)
}
