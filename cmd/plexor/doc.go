// Command plexor is the bot and its command line.
//
// Plexor finds out why a load balancer gets "connection refused" from a
// backend. This is the way of one `/diagnose backend:8080`:
//
//  1. Slack's message comes over Socket Mode, or as a signed request, to
//     bot/slackapi, the only package that knows slack-go. It decodes the
//     command and hands it to bot.Bot.Command, in order within a channel.
//  2. The bot reads it (bot.ParseCommand), asks whether this person may
//     (bot.Access), and whether the target is one and may be diagnosed
//     (bot.Prepare, investigations.ParseTarget, investigations.AllowList). A
//     refusal is the answer to that person alone.
//  3. bot.Runs.Start keeps the investigation, the command's own id and the wish
//     for a thread in one transaction (store.Create). Only then is Slack
//     answered: a command that was acknowledged is never lost.
//  4. investigations.Engine runs the plan. It asks for the target's name on the
//     load balancer's runner, judges the addresses that come back, and makes an
//     endpoint of each. For every endpoint it starts each check as soon as what
//     its arguments need is known, side by side with the others, and slow ones
//     only while a cause is open that lacks their facts.
//  5. A check goes to a runner as one request over NATS
//     (investigations/runner/hub). The agent there (runner/agent) holds it
//     against its host's own policy and has the probe carried out
//     (investigations/probe). While the load balancer connects, the backend's
//     runner watches for just that connection: what one end sends and the other
//     sees is the proof of who refused.
//  6. The facts come back, are kept under the check's key (store.Apply), and the
//     plan judges: CEL expressions in which an absent fact is unknown, never
//     false (investigations/expr). A cause whose expression is true is proved; one
//     that is unknown is open, and names the facts that would decide it.
//  7. After each event the bot's outbox compares what should stand in Slack
//     (bot.Render, a pure function of the investigation) with what does
//     (store.Posts), and does the difference: the parent message edited in place,
//     the verdict, one reply a step. What was begun before a crash is looked for
//     in Slack before it is said again.
//
// The packages, from the bottom up:
//
//	investigations/expr      the expression language: CEL with three-valued facts
//	investigations           plans, judgement, targets, and the engine
//	investigations/plans     the built-in plans
//	investigations/probe     the probes: sockets, netlink, D-Bus
//	investigations/runner    the fabric: hub in the bot, agent on a host
//	investigations/lab       real hosts in network namespaces, for tests
//	store                    state, in bbolt
//	bot/alerts               alerts and log lines to targets
//	bot/slackapi             Slack
//	bot/workspace            a workspace without Slack
//	bot                      commands, threads, the outbox, the API
//	cmd/plexor               this: configuration, wiring, the command line
//	cmd/plexor-runner        the agent on a host
package main
