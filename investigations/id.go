package investigations

import (
	"crypto/rand"
	"time"

	"github.com/oklog/ulid/v2"
)

// NewID returns the id of an investigation that starts now: a ULID, 26
// characters that sort by time to the millisecond.
func NewID(now time.Time) string {
	return ulid.MustNew(ulid.Timestamp(now), rand.Reader).String()
}

// ValidID reports whether s has the form of an id, in upper case as NewID
// writes it. An id from outside is held against it before it becomes a key.
func ValidID(s string) bool {
	id, err := ulid.ParseStrict(s)
	return err == nil && id.String() == s
}
