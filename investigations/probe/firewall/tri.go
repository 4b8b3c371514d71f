package firewall

// tri is a truth value with a third one for what cannot be known from here.
type tri int8

const (
	no tri = iota
	maybe
	yes
)

func triOf(b bool) tri {
	if b {
		return yes
	}
	return no
}

func (t tri) not() tri { return yes - t }

func (t tri) and(u tri) tri { return min(t, u) }

func (t tri) or(u tri) tri { return max(t, u) }

func (t tri) xor(invert bool) tri {
	if invert {
		return t.not()
	}
	return t
}
