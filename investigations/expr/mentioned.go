package expr

import (
	"slices"
	"strings"

	"cel.dev/cel-go/common/types"
)

// mentioned gives the variables that an expression mentions, sorted, by its words
// alone: CEL's second parser takes some fifty times as long, the first over two
// hundred. It takes the names that stand by themselves, outside of strings and not
// behind a dot. A variable of a macro that has a check's name would be one too many;
// a plan that is known to be right has none, and a test holds that for the built-in one.
func mentioned(src string, vars map[string]*types.Type) []string {
	var names []string
	for i, field := 0, false; i < len(src); {
		switch c := src[i]; {
		case c == '"' || c == '\'':
			i = afterString(src, i)
			field = false
		case letter(c):
			end := i
			for end < len(src) && (letter(src[end]) || src[end] >= '0' && src[end] <= '9') {
				end++
			}
			name := src[i:end]
			if _, ok := vars[name]; ok && !field && !slices.Contains(names, name) {
				names = append(names, name)
			}
			i, field = end, false
		default:
			field = c == '.' || field && strings.IndexByte(" \t\r\n?", c) >= 0
			i++
		}
	}
	slices.Sort(names)
	return names
}

func letter(c byte) bool {
	return c == '_' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
}

// afterString gives where a string that begins at i has ended.
func afterString(src string, i int) int {
	quote := src[i]
	for i++; i < len(src) && src[i] != quote; i++ {
		if src[i] == '\\' {
			i++
		}
	}
	return i + 1
}
