//go:build !linux

package probe

import (
	"errors"
	"time"
)

// listenerWatch does not exist here.
type listenerWatch struct{}

func watchListeners() (*listenerWatch, error) { return nil, errors.ErrUnsupported }

func (*listenerWatch) close() {}

func (*listenerWatch) listeners() ([]listening, error) { return nil, errors.ErrUnsupported }

func (*listenerWatch) holders([]listening, time.Time) []Held { return nil }
