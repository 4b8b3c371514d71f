// Package bot goes from Slack, alerts and schedules to investigations, and
// back: it takes what people ask, has the engine run it, and brings Slack to
// where the investigation stands.
//
// What is to be said is a function of what is known (Render); the outbox
// compares it with what stands in Slack and does the difference.
package bot
