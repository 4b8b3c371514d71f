package main

import (
	"context"
	"fmt"

	"github.com/plexorbot/plexor/bot/workspace"
)

// demoChannel is where the demo's schedule tells what changes.
const demoChannel = "payments"

// demoSchedules look at the backend that a person breaks and mends, every minute.
func demoSchedules(target string) []scheduleConfig {
	return []scheduleConfig{{Name: "shop", When: "@every 1m", Targets: []string{target}, Channel: demoChannel, Digest: "*/10 * * * *", Title: "the shop's backend " + target}}
}

// introduceSchedule says what the schedule does, where it tells it.
func introduceSchedule(ctx context.Context, control workspace.Control) error {
	text := "Schedule shop connects to the shop's backend every minute and tells here what changes, with a digest every ten minutes. " +
		"Press Break in #ops and wait, or type /diagnose schedule run shop; then mend it again. /diagnose schedule makes one of your own."
	if _, err := control.Message(ctx, workspace.NewMessage{Channel: demoChannel, Bot: "guide", Text: text}); err != nil {
		return fmt.Errorf("say what the schedule does: %w", err)
	}
	return nil
}
