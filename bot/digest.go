package bot

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/plexorbot/plexor/bot/schedules"
	"github.com/plexorbot/plexor/investigations"
	"github.com/plexorbot/plexor/store"
)

// startDigest sums a schedule's period up, in a goroutine that Run waits for.
func (s *Schedules) startDigest(it *item, due time.Time) {
	s.spawn(func(context.Context) {
		if err := s.sumUp(it, due); err != nil {
			s.log.Error("a digest", "schedule", it.c.ID, "error", err)
		}
		it.mu.Lock()
		it.digestGoing = false
		it.mu.Unlock()
	})
}

// sumUp keeps a digest of the period that ends at due. It is kept once, and said
// when its picture is drawn.
func (s *Schedules) sumUp(it *item, due time.Time) error {
	v, err := s.digestOf(it, due)
	if err != nil {
		return err
	}
	it.mu.Lock()
	defer it.mu.Unlock()
	f := store.Finish{Schedule: digestID(it.c.ID), Due: due, Progress: it.digestP, Speech: []store.Speech{v}}
	f.Progress.Open, f.Progress.Covered = time.Time{}, v.Digest.To
	f.Progress.Runs++
	if it.gone {
		return nil
	}
	kept, err := s.store.FinishRun(f)
	if err != nil || !kept {
		return err
	}
	it.digestP = f.Progress
	s.wantPicture()
	return nil
}

// DigestNow sums up the time since a schedule's last digest, or the last day
// where it has none.
func (s *Schedules) DigestNow(id string) error {
	it, err := s.item(id)
	if err != nil {
		return err
	}
	v, err := s.digestOf(it, s.now().Truncate(time.Second).Add(time.Second)) // with the looks of this second
	if err == nil {
		err = s.store.PutSpeech(v)
	}
	if err != nil {
		return err
	}
	s.wantPicture()
	return nil
}

// digestOf reads what a digest says.
func (s *Schedules) digestOf(it *item, due time.Time) (store.Speech, error) {
	it.mu.Lock()
	c, spec, p, covered := it.c, it.digest, it.p, it.digestP.Covered
	it.mu.Unlock()
	d := store.Digest{What: scheduleName(c), When: "asked for", Zone: c.Zone, From: due.Add(-24 * time.Hour).UTC(), To: due.UTC(), Overlap: p.Overlap, Missed: p.Missed}
	if c.Digest != "" {
		d.When, d.From = "digest "+lowerFirst(scheduleWords(spec)), digestFrom(spec, due)
		if !covered.IsZero() && covered.Before(due) { // what was missed meanwhile is in this one
			d.From = covered
		}
	}
	if d.From.Before(c.Made) {
		d.From = c.Made.UTC()
	}
	d.From = d.From.Truncate(time.Second) // results are kept to the second
	for _, target := range c.Targets {
		h, err := s.store.History(target, d.From, d.To, d.To.Sub(d.From))
		if err != nil {
			return store.Speech{}, err
		}
		d.Targets = append(d.Targets, digestTarget(target, h.Total))
		for _, i := range h.Incidents {
			if i.Schedule == c.ID {
				d.Incidents = append(d.Incidents, i)
			}
		}
	}
	slices.SortStableFunc(d.Incidents, func(a, b store.Incident) int { return a.From.Compare(b.From) })
	return store.Speech{
		Subject:  store.SpeechPrefix + "digest/" + investigations.NewID(s.now()),
		Schedule: c.ID, Channel: orElse(c.Channel, s.Channel), At: s.now().UTC(), Done: true, Digest: &d,
	}, nil
}

func lowerFirst(s string) string {
	if s == "" || s[0] < 'A' || s[0] > 'Z' {
		return s
	}
	return string(s[0]+'a'-'A') + s[1:]
}

// digestFrom is where a digest's period begins: at the digest before.
func digestFrom(spec schedules.Spec, due time.Time) time.Time {
	for _, back := range []time.Duration{2 * time.Hour, 26 * time.Hour, 8 * 24 * time.Hour, 32 * 24 * time.Hour, 93 * 24 * time.Hour, 367 * 24 * time.Hour} {
		last := time.Time{}
		for n := spec.Next(due.Add(-back)); n.Before(due) && !n.IsZero(); n = spec.Next(n) {
			last = n
		}
		if !last.IsZero() {
			return last.UTC()
		}
	}
	return due.Add(-7 * 24 * time.Hour).UTC()
}

func digestTarget(target string, t store.Sum) store.DigestTarget {
	return store.DigestTarget{
		Target: target, Checks: t.Checks(), Up: t.Up, Down: t.Down, Unknown: t.Unknown,
		Median: t.Percentile(0.5), P95: t.Percentile(0.95), Slowest: t.Most,
	}
}

// slowest gives the n targets with the slowest connects.
func slowest(all []store.DigestTarget, n int) []store.DigestTarget {
	list := slices.DeleteFunc(slices.Clone(all), func(t store.DigestTarget) bool { return t.Slowest == 0 })
	slices.SortStableFunc(list, func(a, b store.DigestTarget) int { return int(b.Slowest - a.Slowest) })
	return list[:min(n, len(list))]
}

// wantPicture wakes whoever draws.
func (s *Schedules) wantPicture() {
	select {
	case s.draw <- struct{}{}:
	default:
	}
}

const (
	drawTries = 3
	drawAgain = 10 * time.Second
)

// Draw gives digests their pictures until ctx ends. upload puts one into Slack
// and returns its id. A digest whose picture can't be had is said without: words
// say the same. A crash between the upload and what follows leaves a file that
// nobody sees, and the digest is said once all the same.
func (s *Schedules) Draw(ctx context.Context, upload func(ctx context.Context, name, alt string, png []byte) (string, error)) {
	tries := map[string]int{}
	for ctx.Err() == nil {
		all, err := s.store.Undrawn()
		if err != nil {
			s.log.Error("digests without a picture", "error", err)
		}
		left := 0
		for _, v := range all {
			if tries[v.Subject]++; !s.drawOne(ctx, v, tries[v.Subject] >= drawTries, upload) {
				left++
				continue
			}
			delete(tries, v.Subject)
		}
		again := time.Minute
		if left > 0 {
			again = drawAgain
		}
		select {
		case <-ctx.Done():
		case <-s.draw:
		case <-time.After(again):
		}
	}
}

// drawOne reports whether a digest has its picture, or does without.
func (s *Schedules) drawOne(ctx context.Context, v store.Speech, last bool, upload func(ctx context.Context, name, alt string, png []byte) (string, error)) bool {
	d := v.Digest
	png, alt, err := s.digestPicture(*d)
	if err == nil && upload != nil {
		d.File, err = upload(ctx, "digest-"+v.Schedule+".png", alt, png)
	}
	if err == nil && d.File != "" {
		letSettle(ctx)
	}
	if err != nil {
		s.log.Warn("a digest's picture", "schedule", v.Schedule, "error", err)
		if !last || ctx.Err() != nil {
			return false
		}
	}
	d.Drawn, d.Alt = true, alt
	if err := s.store.PutSpeech(v); err != nil {
		s.log.Error("keep a digest", "schedule", v.Schedule, "error", err)
		return false
	}
	s.changed(v.Subject)
	return true
}

// settleFor is how long Slack gets to make a picture ready: a block that names it
// before is refused, and files.info, which would tell, wants a scope of its own.
const settleFor = 2 * time.Second

func letSettle(ctx context.Context) {
	select {
	case <-ctx.Done():
	case <-time.After(settleFor):
	}
}

// digestPicture draws a strip for each target: its state over the period, and the
// connect times of those that were slowest.
func (s *Schedules) digestPicture(d store.Digest) (png []byte, alt string, err error) {
	var rows []store.History
	for _, t := range d.Targets[:min(len(d.Targets), pictureRows)] {
		h, err := s.store.History(t.Target, d.From, d.To, binWidth(d.From, d.To))
		if err != nil {
			return nil, "", err
		}
		rows = append(rows, h)
	}
	png, err = drawHistory(fmt.Sprintf("%s, %s to %s", d.What, dateIn(d.From, d.Zone), dateIn(d.To, d.Zone)), d.Zone, rows)
	return png, "Picture: " + digestText(&d) + " " + altText(rows), err
}
