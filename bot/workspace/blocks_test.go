package workspace

import (
	"encoding/json"
	"testing"
)

// FuzzBlocks holds that no blocks of an app's make the workspace fall over, and that what it takes it can give back.
func FuzzBlocks(f *testing.F) {
	for _, seed := range []string{section, buttons, planBlocks, stepBlocks, homeBlocks, `[{"type":"table","rows":[[1]]}]`, `[{"type":"actions","elements":[null]}]`, `[null]`, `[{"type":"plan","tasks":[0]}]`, "[", "{}", "null"} {
		f.Add(seed)
	}
	s := New(Config{})
	f.Cleanup(s.Close)
	f.Fuzz(func(t *testing.T, text string) {
		s.mu.Lock()
		defer s.mu.Unlock()
		for _, where := range []surface{messageSurface, modalSurface, homeSurface} {
			out, err := s.checkBlocks(text, where)
			if err == nil && out != nil && !json.Valid(out) {
				t.Errorf("checkBlocks(%q) = %q, want JSON", text, out)
			}
			find(out, "", "x", "")
			fill(&View{Blocks: out}, map[string]any{"x": "y"})
		}
	})
}
