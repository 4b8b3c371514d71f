// Package investigations is the middle of Plexor: plans, facts, findings,
// causes, verdicts, and the engine that runs a plan on a target.
//
// Probes read facts, plans judge them, and nothing here acts: the package opens
// no socket and no file. The engine asks a Dispatcher for facts and tells a
// Sink what it learned; who carries out probes and who keeps what was learned
// is not its business.
package investigations
