package picture

import (
	"fmt"
	"image"
	"math"
	"time"
)

// connects draws a target's connect times: the band from the median to the 95th
// percentile, the median as a line, the slowest as dots. The axis is logarithmic.
func (p *painter) connects(c Chart, r Row, y int) {
	p.text(p.fonts.bold, left, y, p.cut(p.fonts.bold, "Connect time of "+r.Name, right-left), ink)
	top, bottom := y+18+keyH, y+18+keyH+plotH
	low, high, ok := bounds(r.Bins)
	if !ok {
		p.text(p.fonts.plain, left, top+40, "No connect succeeded in this time.", faint)
		return
	}
	at := func(d time.Duration) int {
		part := (math.Log(float64(d)) - math.Log(float64(low))) / (math.Log(float64(high)) - math.Log(float64(low)))
		return bottom - int(math.Round(part*float64(bottom-top)))
	}
	for _, d := range marks(low, high) {
		p.fill(image.Rect(axisLeft, at(d), right, at(d)+1), rule)
		text := length(d)
		p.text(p.fonts.small, axisLeft-12-measure(p.fonts.small, text), at(d)+7, text, faint)
	}
	before := image.Point{-1, 0}
	for _, b := range r.Bins {
		if b.Median == 0 {
			before.X = -1
			continue
		}
		x0, x1 := c.x(b.From, axisLeft), min(max(c.x(b.To, axisLeft), c.x(b.From, axisLeft)+2), right)
		p.fill(image.Rect(x0, at(max(b.P95, b.Median)), x1, at(b.Median)+1), band)
		if before.X >= 0 {
			p.vertical(x0, before.Y, at(b.Median))
		}
		p.fill(image.Rect(x0, at(b.Median)-2, x1, at(b.Median)+2), blue)
		mid := (x0 + x1) / 2
		p.fill(image.Rect(mid-2, at(b.Most)-2, mid+2, at(b.Most)+2), ink)
		before = image.Point{x1, at(b.Median)}
	}
	p.key(c, bottom)
}

// vertical joins two medians.
func (p *painter) vertical(x, from, to int) {
	p.fill(image.Rect(x-1, min(from, to)-2, x+2, max(from, to)+2), blue)
}

// key draws the time axis of the plot, and says above it what is what.
func (p *painter) key(c Chart, bottom int) {
	p.timeAxis(c, axisLeft, bottom+2)
	p.text(p.fonts.small, left, bottom-plotH-keyH+10, "line: median · band: to the 95th percentile · dots: slowest", faint)
}

// bounds are round lengths around all connect times.
func bounds(bins []Bin) (low, high time.Duration, ok bool) {
	for _, b := range bins {
		if b.Median == 0 {
			continue
		}
		if !ok || b.Median < low {
			low = b.Median
		}
		high, ok = max(high, b.Most, b.P95), true
	}
	if !ok {
		return 0, 0, false
	}
	low = max(low, time.Microsecond)
	base := time.Duration(math.Pow(10, math.Floor(math.Log10(float64(low)))))
	return base, max(roundUp(high), base*10), true
}

// roundUp is the next 1, 2 or 5 of a power of ten.
func roundUp(d time.Duration) time.Duration {
	base := time.Duration(math.Pow(10, math.Floor(math.Log10(float64(max(d, 1))))))
	for _, n := range []time.Duration{1, 2, 5} {
		if base*n >= d {
			return base * n
		}
	}
	return base * 10
}

// marks are 1, 2 and 5 of each power of ten.
func marks(low, high time.Duration) (list []time.Duration) {
	steps := []time.Duration{1, 2, 5}
	if high/low > 1000 {
		steps = steps[:1]
	}
	for base := low; base <= high; base *= 10 {
		for _, n := range steps {
			if base*n <= high {
				list = append(list, base*n)
			}
		}
	}
	return list
}

func length(d time.Duration) string {
	switch {
	case d < time.Microsecond:
		return fmt.Sprintf("%d ns", d)
	case d < time.Millisecond:
		return fmt.Sprintf("%d µs", d/time.Microsecond)
	case d < time.Second:
		return fmt.Sprintf("%d ms", d/time.Millisecond)
	}
	return fmt.Sprintf("%d s", d/time.Second)
}

// ticks are round times between two instants, about ten of them.
func ticks(from, to time.Time) (list []time.Time) {
	span := to.Sub(from)
	if span > 60*24*time.Hour {
		for t := time.Date(from.Year(), from.Month()+1, 1, 0, 0, 0, 0, from.Location()); t.Before(to); t = t.AddDate(0, 1, 0) {
			list = append(list, t)
		}
		return list
	}
	if days := int(span / (24 * time.Hour)); days >= 3 {
		step := max(1, days/10)
		for t := time.Date(from.Year(), from.Month(), from.Day()+1, 0, 0, 0, 0, from.Location()); t.Before(to); t = t.AddDate(0, 0, step) {
			list = append(list, t)
		}
		return list
	}
	for _, step := range []time.Duration{time.Minute, 5 * time.Minute, 15 * time.Minute, time.Hour, 3 * time.Hour, 6 * time.Hour, 12 * time.Hour} {
		if span/step > 12 {
			continue
		}
		start := time.Date(from.Year(), from.Month(), from.Day(), 0, 0, 0, 0, from.Location())
		for t := start; t.Before(to); t = t.Add(step) {
			if !t.Before(from) {
				list = append(list, t)
			}
		}
		return list
	}
	return list
}

func axisLayout(span time.Duration) string {
	switch {
	case span > 60*24*time.Hour:
		return "Jan 2006"
	case span >= 3*24*time.Hour:
		return "Mon 2 Jan"
	}
	return "15:04"
}
