package investigations

import (
	"fmt"
	"strings"
)

// PlanError is one mistake in a plan. Line and Column count from 1; 0 is
// "somewhere in the file".
type PlanError struct {
	File    string
	Line    int
	Column  int
	Message string // lower case, what is wrong
	Hint    string // what would be right, if that is known
}

// Error gives file:line:column: message; hint.
func (e PlanError) Error() string {
	var b strings.Builder
	b.WriteString(e.File)
	if e.Line > 0 {
		fmt.Fprintf(&b, ":%d:%d", e.Line, e.Column)
	}
	b.WriteString(": " + e.Message)
	if e.Hint != "" {
		b.WriteString("; " + e.Hint)
	}
	return b.String()
}

// PlanErrors are all mistakes of a plan, in the order of their places.
type PlanErrors []PlanError

// Error gives one mistake a line.
func (e PlanErrors) Error() string {
	lines := make([]string, len(e))
	for i, one := range e {
		lines[i] = one.Error()
	}
	return strings.Join(lines, "\n")
}
