package main

// ballast makes the garbage collector patient: it collects when the heap has
// doubled, and a bot that takes thousands of alerts a second lives in so little
// memory that it would collect many times a second. Memory that nobody ever
// touches counts for the collector, and not for the machine: it costs its own
// size once, where a higher GOGC would cost a multiple of whatever is in use.
var ballast []byte

// ballastBytes is its size.
const ballastBytes = 16 << 20
