package investigations

// TestKnown gives what the plan's own tests know, by the test's name.
func (p *Plan) TestKnown() map[string]Known {
	out := map[string]Known{}
	for _, t := range p.tests() {
		out[t.name] = t.known
	}
	return out
}
