package workspace

import (
	"math"
	"time"
)

// limiter is a token bucket for each key, on the injected clock.
type limiter struct {
	now     func() time.Time
	buckets map[string]*bucket
}

type bucket struct {
	tokens float64
	at     time.Time
}

// take spends one token of the key's bucket. Where there is none it returns how long until there is, at least 1 s
// and in whole seconds, as Retry-After wants it.
func (l *limiter) take(key string, perSecond float64, burst int) time.Duration {
	if perSecond < 0 || burst < 0 {
		return 0
	}
	now := l.now()
	b := l.buckets[key]
	if b == nil {
		b = &bucket{tokens: float64(burst), at: now}
		l.buckets[key] = b
	}
	b.tokens = min(float64(burst), b.tokens+now.Sub(b.at).Seconds()*perSecond)
	b.at = now
	if b.tokens >= 1 {
		b.tokens--
		return 0
	}
	return time.Duration(math.Ceil((1-b.tokens)/perSecond)) * time.Second
}

// limit holds a call against the workspace's rate limits.
func (s *Server) limit(c call) error {
	l := s.cfg.Limits
	key, rate, burst := c.method, l.OtherPerMinute/60, l.OtherBurst
	switch c.method {
	case "chat.postMessage":
		if ch := s.state.channel(c.str("channel")); ch != nil {
			key += "/" + ch.ID
		}
		rate, burst = l.PostPerSecond, l.PostBurst
	case "chat.update":
		rate, burst = l.UpdatePerMinute/60, l.UpdateBurst
	}
	if wait := s.limits.take(key, rate, burst); wait > 0 {
		return &apiError{code: "ratelimited", retry: wait}
	}
	return nil
}
