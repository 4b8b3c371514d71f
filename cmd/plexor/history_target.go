package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"time"

	"github.com/plexorbot/plexor/bot"
	"github.com/plexorbot/plexor/store"
)

// targetHistory asks the bot, or reads the state file, for what a target was.
func targetHistory(ctx context.Context, p program, w where, target, period string) (h bot.TargetHistory, err error) {
	q := url.Values{"target": {target}, "period": {period}}
	ask := func(c *client) error { return c.call(ctx, http.MethodGet, "/api/v1/history?"+q.Encode(), nil, &h) }
	err = w.either(p.env, ask, func(s *store.Store) error {
		read, err := bot.ReadHistory(s, target, period, time.Now())
		h = bot.HistoryJSON(read)
		return err
	})
	return h, err
}

// targetPicture writes a picture of what a target was.
func targetPicture(ctx context.Context, p program, w where, target, period, file string) error {
	q := url.Values{"target": {target}, "period": {period}}
	ask := func(c *client) error {
		_, err := c.download(ctx, "/api/v1/history.png?"+q.Encode(), file)
		return err
	}
	return w.either(p.env, ask, func(s *store.Store) error {
		h, err := bot.ReadHistory(s, target, period, time.Now())
		if err != nil {
			return err
		}
		png, _, err := bot.HistoryPNG(h)
		if err != nil {
			return err
		}
		if err := os.WriteFile(file, png, 0o644); err != nil {
			return fmt.Errorf("write the picture: %w", err)
		}
		return nil
	})
}

func printTarget(out io.Writer, h bot.TargetHistory) {
	if h.Checks == 0 {
		return
	}
	fmt.Fprintf(out, "%s  %s to %s\n", clean(h.Target), h.From.Local().Format("2006-01-02 15:04"), h.To.Local().Format("2006-01-02 15:04 MST"))
	if h.Uptime != nil {
		part := *h.Uptime * 100
		if h.Down > 0 { // a failure does not round away
			part = min(part, 99.999)
		}
		fmt.Fprintf(out, "uptime %.3f %% of %d checks: %d well, %d not, %d not carried out\n", part, h.Checks, h.Up, h.Down, h.Unknown)
	}
	if h.Connect.Slowest > 0 {
		fmt.Fprintf(out, "connects: median %.2f ms, 95 %% within %.2f ms, 99 %% within %.2f ms, slowest %.2f ms\n", h.Connect.Median, h.Connect.P95, h.Connect.P99, h.Connect.Slowest)
	}
	for _, i := range h.Incidents {
		end := "goes on"
		if !i.To.IsZero() {
			end = i.To.Sub(i.From).Round(time.Second).String()
		}
		fmt.Fprintf(out, "%s  %-9s %-10s %s %s\n", i.From.Local().Format("2006-01-02 15:04:05"), i.Kind, end, i.Cause, clean(i.Headline))
	}
	fmt.Fprintln(out)
}
