package probe

import "testing"

// value is what a fact points to, for comparing and for a failure's text.
func value[T any](p *T) any {
	if p == nil {
		return "<unset>"
	}
	return *p
}

// want compares a fact with what it should be; nil means unset.
func want[T any](t *testing.T, name string, got *T, wanted any) {
	t.Helper()
	if wanted == nil {
		wanted = "<unset>"
	}
	if v := value(got); v != wanted {
		t.Errorf("%s = %v, want %v", name, v, wanted)
	}
}
