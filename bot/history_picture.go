package bot

import (
	"fmt"
	"strings"
	"time"

	"github.com/plexorbot/plexor/bot/picture"
	"github.com/plexorbot/plexor/bot/schedules"
	"github.com/plexorbot/plexor/store"
)

// pictureRows is how many targets one picture shows.
const pictureRows = 12

// binWidths are the lengths of a bin, the first that gives at most maxPictureBins.
var binWidths = []time.Duration{
	time.Second, 10 * time.Second, time.Minute, 5 * time.Minute, 15 * time.Minute, time.Hour, 3 * time.Hour, 6 * time.Hour, 24 * time.Hour, 7 * 24 * time.Hour,
}

const maxPictureBins = 400

func binWidth(from, to time.Time) time.Duration {
	for _, w := range binWidths {
		if to.Sub(from)/w <= maxPictureBins {
			return w
		}
	}
	return binWidths[len(binWidths)-1]
}

// drawHistory draws targets over one period; connect times are those of the
// slowest.
func drawHistory(title, zone string, rows []store.History) ([]byte, error) {
	if len(rows) == 0 {
		return nil, fmt.Errorf("draw a history: there are no targets")
	}
	c := picture.Chart{Title: clip(title, 90), Zone: schedules.ZoneOf(zone), From: rows[0].From, To: rows[0].To}
	slow := 0
	for i, h := range rows {
		c.Rows = append(c.Rows, pictureRow(h))
		if h.Total.Percentile(0.95) > rows[slow].Total.Percentile(0.95) {
			slow = i
		}
	}
	c.Connects = &c.Rows[slow]
	return c.PNG()
}

func pictureRow(h store.History) picture.Row {
	r := picture.Row{Name: h.Target, Note: "uptime " + percent(h.Total.Up, h.Total.Up+h.Total.Down)}
	for _, b := range h.Bins {
		r.Bins = append(r.Bins, picture.Bin{
			From: b.From, To: b.To, Up: b.Up, Down: b.Down, Unknown: b.Unknown,
			Median: b.Percentile(0.5), P95: b.Percentile(0.95), Most: b.Most,
		})
	}
	return r
}

// altText says what a picture shows, for those who can't see it.
func altText(rows []store.History) string {
	var parts []string
	for _, h := range rows {
		text := fmt.Sprintf("%s: uptime %s, %s", h.Target, percent(h.Total.Up, h.Total.Up+h.Total.Down), plural(len(h.Incidents), "incident"))
		if m := h.Total.Percentile(0.5); m > 0 {
			text += fmt.Sprintf(", connects in %s, 95 %% within %s, slowest %s", short(m), short(h.Total.Percentile(0.95)), short(h.Total.Most))
		}
		parts = append(parts, text)
	}
	return strings.Join(parts, "; ") + "."
}
