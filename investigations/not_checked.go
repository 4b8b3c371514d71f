package investigations

import (
	"slices"
	"strings"
)

// NotCheckedGroup are the checks that gave no facts for one reason, so that it
// is said once.
type NotCheckedGroup struct {
	Checks []string
	Why    string
}

// String is the group in a line.
func (g NotCheckedGroup) String() string { return strings.Join(g.Checks, ", ") + " (" + g.Why + ")" }

// NotCheckedGroups puts the checks together that have the same reason, in order.
func (v Verdict) NotCheckedGroups() []NotCheckedGroup { return groupNotChecked(v.NotChecked) }

// NotChecked are the step's checks that were wanted and gave no facts, with
// where they should have run. A reason that is the step's headline says nothing
// more, and is left out.
func (s Step) NotChecked() []NotCheckedGroup {
	var list []NotChecked
	for _, c := range s.Checks {
		skipped := c.State == CheckSkipped && !strings.HasPrefix(c.Error, notNeeded)
		if (c.State == CheckFailed || skipped) && c.Error != s.Headline {
			list = append(list, NotChecked{Check: c.ID + " on " + c.On, Why: c.Error})
		}
	}
	return groupNotChecked(list)
}

func groupNotChecked(list []NotChecked) (groups []NotCheckedGroup) {
	for _, n := range list {
		i := slices.IndexFunc(groups, func(g NotCheckedGroup) bool { return g.Why == n.Why })
		if i < 0 {
			i, groups = len(groups), append(groups, NotCheckedGroup{Why: n.Why})
		}
		groups[i].Checks = append(groups[i].Checks, n.Check)
	}
	return groups
}
