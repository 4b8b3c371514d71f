package picture

import (
	"fmt"
	"image"
	"image/color"
	"image/draw"

	"golang.org/x/image/font"
	"golang.org/x/image/font/gofont/gobold"
	"golang.org/x/image/font/gofont/goregular"
	"golang.org/x/image/font/opentype"
	"golang.org/x/image/math/fixed"
)

// fonts are the faces of one picture: they are not safe for two at once.
type fonts struct{ bold, plain, small font.Face }

func newFonts() (f fonts, err error) {
	for _, want := range []struct {
		into *font.Face
		ttf  []byte
		size float64
	}{{&f.bold, gobold.TTF, 26}, {&f.plain, goregular.TTF, 22}, {&f.small, goregular.TTF, 19}} {
		parsed, err := opentype.Parse(want.ttf)
		if err != nil {
			return f, fmt.Errorf("read a font: %w", err)
		}
		if *want.into, err = opentype.NewFace(parsed, &opentype.FaceOptions{Size: want.size, DPI: 72, Hinting: font.HintingFull}); err != nil {
			return f, fmt.Errorf("read a font: %w", err)
		}
	}
	return f, nil
}

func measure(f font.Face, text string) int { return font.MeasureString(f, text).Ceil() }

type painter struct {
	img   *image.RGBA
	fonts fonts
}

// card draws the background with a frame, which a dark page needs as little as a
// light one.
func (p *painter) card(height int) {
	p.fill(image.Rect(0, 0, width, height), edge)
	p.fill(image.Rect(2, 2, width-2, height-2), paper)
}

func (p *painter) fill(r image.Rectangle, c color.RGBA) {
	draw.Draw(p.img, r, image.NewUniform(c), image.Point{}, draw.Src)
}

// hatch draws slanting lines over an area, so that failing is told without
// colour. base keeps them in line from bin to bin.
func (p *painter) hatch(r image.Rectangle, base int) {
	r = r.Intersect(p.img.Bounds())
	for y := r.Min.Y; y < r.Max.Y; y++ {
		for x := r.Min.X; x < r.Max.X; x++ {
			if (x+y-base)%10 < 2 {
				p.img.SetRGBA(x, y, paper)
			}
		}
	}
}

func (p *painter) text(f font.Face, x, y int, text string, c color.RGBA) {
	d := font.Drawer{Dst: p.img, Src: image.NewUniform(c), Face: f, Dot: fixed.P(x, y)}
	d.DrawString(text)
}
