package picture

import (
	"bytes"
	"image"
	"image/color"
	"image/png"
	"math/rand/v2"
	"os"
	"testing"
	"time"
)

// sample is a week of two targets, one of which was down for half a day.
func sample() Chart {
	random := rand.New(rand.NewPCG(1, 2))
	from := time.Date(2026, 11, 23, 0, 0, 0, 0, time.UTC)
	row := func(name, note string, bad int) Row {
		r := Row{Name: name, Note: note}
		for h := range 7 * 24 {
			b := Bin{From: from.Add(time.Duration(h) * time.Hour), To: from.Add(time.Duration(h+1) * time.Hour), Up: 60}
			b.Median = 300*time.Microsecond + time.Duration(random.IntN(200))*time.Microsecond
			b.P95 = b.Median * time.Duration(2+random.IntN(3))
			b.Most = b.P95 * time.Duration(1+random.IntN(5))
			switch {
			case bad > 0 && h > 60 && h < 60+bad:
				b = Bin{From: b.From, To: b.To, Down: 60}
			case h == 100:
				b = Bin{From: b.From, To: b.To, Unknown: 60}
			case h > 150:
				b = Bin{From: b.From, To: b.To}
			}
			r.Bins = append(r.Bins, b)
		}
		return r
	}
	return Chart{
		Title: "payments, 2026-11-23 to 2026-11-30", Zone: time.UTC, From: from, To: from.AddDate(0, 0, 7),
		Rows: []Row{row("pay-1.internal.example.com:8080", "uptime 92.31 %", 12), row("pay-2.internal.example.com:8080", "uptime 100 %", 0)},
	}
}

// TestPNG looks at the picture: PICTURE names a file to keep it in.
func TestPNG(t *testing.T) {
	text, err := sample().PNG()
	if err != nil {
		t.Fatal(err)
	}
	if file := os.Getenv("PICTURE"); file != "" {
		if err := os.WriteFile(file, text, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	img, err := png.Decode(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	if len(text) > 300<<10 || img.Bounds().Dx() != width {
		t.Errorf("the picture has %d bytes and is %d wide, want less than 300 KB and %d", len(text), img.Bounds().Dx(), width)
	}
	for name, want := range map[string]struct {
		c     color.RGBA
		least int
	}{"healthy": {up, 10_000}, "failing": {down, 1000}, "unknown": {unknown, 50}, "median": {blue, 1000}, "text": {ink, 1000}} {
		if n := count(img, want.c); n < want.least {
			t.Errorf("%d pixels show %s, want at least %d", n, name, want.least)
		}
	}
}

func count(img image.Image, c color.RGBA) (n int) {
	for y := range img.Bounds().Dy() {
		for x := range img.Bounds().Dx() {
			if color.RGBAModel.Convert(img.At(x, y)) == c {
				n++
			}
		}
	}
	return n
}

// TestPNGTakesAnything draws what has no results, no rows, no time and hostile
// names.
func TestPNGTakesAnything(t *testing.T) {
	now := time.Now()
	for name, c := range map[string]Chart{
		"nothing":    {Zone: time.UTC},
		"no results": {Zone: time.UTC, From: now.Add(-time.Hour), To: now, Rows: []Row{{Name: "x"}}},
		"a moment":   {Zone: time.UTC, From: now, To: now, Rows: []Row{{Name: "x", Bins: []Bin{{From: now, To: now, Up: 1, Median: 1, P95: 1, Most: 1}}}}},
		"long name":  {Zone: time.UTC, From: now.Add(-5 * 366 * 24 * time.Hour), To: now, Rows: []Row{{Name: string(bytes.Repeat([]byte("𝕏<script>"), 400))}}},
	} {
		if text, err := c.PNG(); err != nil || len(text) == 0 {
			t.Errorf("%s: PNG = %d bytes, %v", name, len(text), err)
		}
	}
}

// TestContrast holds text and states against the card (WCAG 2.2: 4.5:1 and 3:1).
func TestContrast(t *testing.T) {
	for _, test := range []struct {
		name  string
		c     color.RGBA
		least float64
	}{{"text", ink, 4.5}, {"small text", faint, 4.5}, {"healthy", up, 3}, {"failing", down, 3}, {"median", blue, 3}} {
		if got := contrast(test.c, paper); got < test.least {
			t.Errorf("%s has a contrast of %.1f, want %.1f", test.name, got, test.least)
		}
	}
}

func contrast(a, b color.RGBA) float64 {
	x, y := luminance(a)+0.05, luminance(b)+0.05
	return max(x, y) / min(x, y)
}

func luminance(c color.RGBA) float64 {
	lin := func(v uint8) float64 { x := float64(v) / 255; return x * x * (0.7 + 0.3*x) } // close to sRGB's curve
	return 0.2126*lin(c.R) + 0.7152*lin(c.G) + 0.0722*lin(c.B)
}

// TestStripShowsShares draws an hour in which one look of twelve failed, and one
// in which all did: they do not look alike.
func TestStripShowsShares(t *testing.T) {
	from := time.Date(2026, 11, 30, 0, 0, 0, 0, time.UTC)
	red := func(up, failed uint64) int {
		c := Chart{Zone: time.UTC, From: from, To: from.Add(time.Hour), Rows: []Row{{Name: "x", Bins: []Bin{{From: from, To: from.Add(time.Hour), Up: up, Down: failed}}}}}
		text, err := c.PNG()
		if err != nil {
			t.Fatal(err)
		}
		img, err := png.Decode(bytes.NewReader(text))
		if err != nil {
			t.Fatal(err)
		}
		return count(img, down)
	}
	one, all := red(11, 1), red(0, 12)
	if one == 0 || 2*one > all {
		t.Errorf("%d pixels show one failure of twelve, %d show twelve; want the first to be seen, and the second to be more", one, all)
	}
}
