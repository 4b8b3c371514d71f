// Package agent is the host's end of the fabric: it dials the bot, says who it
// is, and carries out the probes that it is asked for and that its host's policy
// allows. There is no shell in it, and nothing that the bot asks changes the
// policy.
package agent
