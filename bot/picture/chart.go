package picture

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"math"
	"time"

	"golang.org/x/image/font"
)

// Bin is what a target was in a stretch of time.
type Bin struct {
	From, To          time.Time
	Up, Down, Unknown uint64        // results
	Median, P95, Most time.Duration // of connects; 0: not known
}

// Row is one target.
type Row struct {
	Name string
	Note string // beside the name: its uptime
	Bins []Bin
}

// Chart is what is drawn. Times are drawn in Zone.
type Chart struct {
	Title    string
	Zone     *time.Location
	From, To time.Time
	Rows     []Row // states of all; connect times of the first where Connects is unset
	Connects *Row  // whose connect times are drawn
}

// Sizes in pixels: drawn for twice the density of a screen.
const (
	width     = 1200
	margin    = 32
	left      = margin
	right     = width - margin
	rowHeight = 76
	barHeight = 34
	plotH     = 260
	keyH      = 30 // the line that says what the plot's marks are
	leastDown = 10 // of a failing part's height
	axisLeft  = left + 104
)

// Colours of the card. Each is 4.5:1 or more against the background where text
// has it, and states differ in lightness too (WCAG 2.2, 1.4.3 and 1.4.11).
var (
	paper   = color.RGBA{0xfb, 0xfb, 0xfa, 0xff}
	edge    = color.RGBA{0x8a, 0x90, 0x99, 0xff}
	ink     = color.RGBA{0x1b, 0x1f, 0x24, 0xff}
	faint   = color.RGBA{0x5a, 0x63, 0x6e, 0xff}
	rule    = color.RGBA{0xd8, 0xdc, 0xe1, 0xff}
	up      = color.RGBA{0x3d, 0xa3, 0x5d, 0xff}
	down    = color.RGBA{0xb0, 0x1e, 0x2e, 0xff}
	unknown = color.RGBA{0xc9, 0x9a, 0x1b, 0xff}
	none    = color.RGBA{0xe6, 0xe8, 0xeb, 0xff}
	blue    = color.RGBA{0x1f, 0x5f, 0xa8, 0xff}
	band    = color.RGBA{0xb8, 0xd2, 0xee, 0xff}
)

// PNG draws the chart.
func (c Chart) PNG() ([]byte, error) {
	fonts, err := newFonts()
	if err != nil {
		return nil, fmt.Errorf("draw a picture: %w", err)
	}
	connects := c.Connects
	if connects == nil && len(c.Rows) > 0 {
		connects = &c.Rows[0]
	}
	height := margin + 44 + len(c.Rows)*rowHeight + 56
	if connects != nil {
		height += 56 + keyH + plotH + 78
	}
	p := &painter{img: image.NewRGBA(image.Rect(0, 0, width, height)), fonts: fonts}
	p.card(height)
	p.text(fonts.bold, left, margin+24, c.Title, ink)
	y := margin + 44
	for _, r := range c.Rows {
		p.strip(c, r, y)
		y += rowHeight
	}
	y = p.timeAxis(c, left, y)
	if connects != nil {
		p.connects(c, *connects, y+44)
	}
	p.legend(height - margin + 4)
	var out bytes.Buffer
	if err := png.Encode(&out, p.img); err != nil {
		return nil, fmt.Errorf("encode a picture: %w", err)
	}
	return out.Bytes(), nil
}

// x is where an instant is, between from and the right edge.
func (c Chart) x(t time.Time, from int) int {
	part := float64(t.Sub(c.From)) / float64(max(c.To.Sub(c.From), 1))
	return from + int(math.Round(part*float64(right-from)))
}

// strip draws one target's state over time. Failing is hatched and as high as its
// share of the looks, never too low to be seen; healthy is a thinner bar; unknown
// is a thin one.
func (p *painter) strip(c Chart, r Row, y int) {
	note := measure(p.fonts.plain, r.Note)
	p.text(p.fonts.plain, left, y+22, p.cut(p.fonts.plain, r.Name, right-left-note-24), ink)
	p.text(p.fonts.plain, right-note, y+22, r.Note, ink)
	top := y + 32
	p.fill(image.Rect(left, top+12, right, top+barHeight-12), none)
	for _, b := range r.Bins {
		x0, x1 := c.x(b.From, left), c.x(b.To, left)
		x1 = min(max(x1, x0+1), right)
		if b.Up > 0 {
			p.fill(image.Rect(x0, top+6, x1, top+barHeight-6), up)
		}
		switch {
		case b.Down > 0:
			high := max(barHeight*int(b.Down)/int(b.Up+b.Down), leastDown)
			area := image.Rect(x0, top+barHeight-high, x1, top+barHeight)
			p.fill(area, down)
			p.hatch(area, top)
		case b.Up == 0 && b.Unknown > 0:
			p.fill(image.Rect(x0, top+12, x1, top+barHeight-12), unknown)
		}
	}
}

// timeAxis draws marks with their times under what is above y.
func (p *painter) timeAxis(c Chart, from, y int) int {
	p.fill(image.Rect(from, y, right, y+2), edge)
	layout := axisLayout(c.To.Sub(c.From))
	zone := c.To.In(c.Zone).Format("MST")
	end := right - measure(p.fonts.small, zone)
	last := -1000
	for _, t := range ticks(c.From.In(c.Zone), c.To.In(c.Zone)) {
		x, text := c.x(t, from), t.Format(layout)
		w := measure(p.fonts.small, text)
		p.fill(image.Rect(x, y, x+2, y+8), edge)
		if x-w/2 > last+16 && x-w/2 >= from-8 && x+w/2 <= end-16 {
			p.text(p.fonts.small, x-w/2, y+30, text, faint)
			last = x + w/2
		}
	}
	p.text(p.fonts.small, end, y+30, zone, faint)
	return y + 34
}

// legend says what the marks are, in words.
func (p *painter) legend(y int) {
	x := left
	for _, e := range []struct {
		c     color.RGBA
		word  string
		inset int
	}{{up, "healthy", 4}, {down, "failing (hatched, as high as its share)", 0}, {unknown, "could not be checked", 7}, {none, "no check", 7}} {
		area := image.Rect(x, y-17+e.inset, x+28, y+3-e.inset)
		p.fill(area, e.c)
		if e.c == down {
			p.hatch(area, y-17)
		}
		x += 38
		p.text(p.fonts.small, x, y, e.word, faint)
		x += measure(p.fonts.small, e.word) + 32
	}
}

// cut shortens a text to a width.
func (p *painter) cut(f font.Face, text string, w int) string {
	r := []rune(text)
	for len(r) > 1 && measure(f, string(r)) > w {
		r = append(r[:len(r)-2], '…')
	}
	return string(r)
}
