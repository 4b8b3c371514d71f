package bot

import (
	"errors"
	"maps"
	"slices"
	"strings"

	"github.com/plexorbot/plexor/investigations"
	"github.com/plexorbot/plexor/store"
)

// renderAlert gives the messages of an alert's thread.
func (b *Bot) renderAlert(id string) ([]Message, error) {
	t, err := b.Store.Trouble(id)
	if err != nil {
		return nil, err
	}
	found := map[string]investigations.Investigation{}
	for i, e := range t.Entries {
		for _, id := range []string{e.First, e.Again} {
			if id == "" || i > maxLooks {
				continue
			}
			inv, err := b.Store.Investigation(id)
			if err != nil && !errors.Is(err, store.ErrNotFound) {
				return nil, err
			}
			if err == nil {
				found[id] = inv
			}
		}
	}
	return renderTrouble(t, found), nil
}

// alertSubject is the id in the subject of an alert's thread.
func alertSubject(subject string) (id string, ok bool) { return strings.CutPrefix(subject, "alert/") }

func sortedNames[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }

// cutPort parts a target's host from its port, which may be missing.
func cutPort(target string) (host, port string, ok bool) {
	i := strings.LastIndexByte(target, ':')
	if i < 0 || strings.Contains(target[i:], "]") {
		return strings.Trim(target, "[]"), "", false
	}
	return strings.Trim(target[:i], "[]"), target[i+1:], true
}
