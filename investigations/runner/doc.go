// Package runner is what the bot and its runners say to each other: version 1
// of the frames, the subjects they travel on, and the token with which a runner
// joins. It opens no connection: package hub is the bot's end, package agent
// the host's.
//
// A frame is one JSON object of at most MaxFrame bytes, in one NATS message.
// Runner NAME publishes on
//
//	plexor.v1.hello.NAME    hello: who it is; after each connect and change
//	plexor.v1.pulse.NAME    pulse: it lives; every few seconds
//	plexor.v1.answer.NAME   armed and answer: to a probe it was asked for
//	plexor.v1.raise.NAME    raise: something it has to tell by itself
//
// and hears on plexor.v1.do.NAME alone: welcome, announce, refused, probe,
// finish, cancel and taken. The server lets its key use no other subject, so a
// subject says who sent a frame, whatever stands in it.
//
//	runner                                  bot
//	hello                  ->
//	                       <-               welcome (what it lacks)
//	                       <-               probe ID
//	armed ID               ->               (a watch only)
//	                       <-               finish ID, or cancel ID
//	answer ID              ->
//
// The fields v and kind, and the subjects with their version, stay as they are
// in all versions to come: a side that gets a version it does not speak says so
// in a refused frame, on the other's own subject.
package runner
