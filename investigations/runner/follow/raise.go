package follow

import (
	"bytes"
	"context"
	"encoding/json"
	"strings"
	"time"
	"unicode"
)

// Raised is what is raised: one failure, as the first line that showed it.
type Raised struct {
	Program string    `json:"program"`
	Line    string    `json:"line"`              // at most 16 KiB, printable
	At      time.Time `json:"at"`                // when that line was read
	Count   int       `json:"count"`             // lines of that failure since it was last raised
	Sampled bool      `json:"sampled,omitempty"` // there were more lines than were looked at: count is the least
}

// Raises are bounded, so that they fit in what the bot takes of one runner.
const (
	raiseRate  = 40 // a second
	raiseBurst = 64 // at once
	raiseSlots = 16 // that wait for the bot at once
)

// raise hands on what is due until ctx ends, and waits for what is under way.
func (f *Follower) raise(ctx context.Context) {
	slots := make(chan struct{}, raiseSlots)
	defer func() {
		for range raiseSlots {
			slots <- struct{}{} // each is given back when its raise has ended
		}
	}()
	pace := pacer{left: raiseBurst, at: time.Now()}
	for {
		select {
		case slots <- struct{}{}:
		case <-ctx.Done():
			return
		}
		key, r, ok := f.due(ctx, &pace)
		if !ok {
			<-slots
			return
		}
		go func() {
			defer func() { <-slots }()
			f.send(ctx, key, r)
		}()
	}
}

// due waits for the next failure to raise; false when ctx ended.
func (f *Follower) due(ctx context.Context, pace *pacer) (string, Raised, bool) {
	for {
		wait := pace.wait(time.Now())
		if wait == 0 {
			var key string
			var r Raised
			if key, r, wait = f.tally.next(time.Now()); wait == 0 {
				pace.left--
				return key, r, true
			}
		}
		timer := time.NewTimer(wait)
		select {
		case <-ctx.Done():
			timer.Stop()
			return "", Raised{}, false
		case <-f.tally.wake:
			f.saveSoon()
		case <-timer.C:
		}
		timer.Stop()
	}
}

func (f *Follower) send(ctx context.Context, key string, r Raised) {
	payload, err := encode(r)
	if err == nil {
		err = f.config.Raise(ctx, payload)
	}
	if err != nil && ctx.Err() == nil {
		f.config.Log.Warn("a failure was not raised", "program", r.Program, "error", err)
	}
	f.tally.done(key, r, err)
}

// encode writes a payload: at most twice the size of its line.
func encode(r Raised) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	err := e.Encode(r)
	return bytes.TrimSpace(b.Bytes()), err
}

// text is a line as printable text: what is not becomes a space, which keeps the
// form of the line.
func text(line []byte) string {
	return strings.TrimSpace(strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) && r != unicode.ReplacementChar {
			return r
		}
		return ' '
	}, string(line)))
}

// pacer is a token bucket.
type pacer struct {
	left float64
	at   time.Time
}

// wait returns how long it is until one more may go.
func (p *pacer) wait(now time.Time) time.Duration {
	p.left = min(raiseBurst, p.left+now.Sub(p.at).Seconds()*raiseRate)
	p.at = now
	if p.left >= 1 {
		return 0
	}
	return time.Duration((1-p.left)/raiseRate*float64(time.Second)) + time.Millisecond
}
