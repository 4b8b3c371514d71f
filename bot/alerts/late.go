package alerts

import (
	"regexp"
	"sync"
)

// late is a regular expression that is compiled when it is first asked for: a
// program that was started for another purpose starts without it, 10 ms sooner.
// One that can't be compiled panics then.
func late(text string) func() *regexp.Regexp {
	return sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(text) })
}
