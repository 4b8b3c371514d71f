// Package alerts turns what monitoring systems, Slack messages and load-balancer logs say into alerts with targets. It is pure:
// bytes in, alerts out; it opens no file and no connection, and it trusts nothing that it reads.
//
// From the bottom up: [ParseTarget] normalises one address or name, text.go finds addresses in prose, [Recognise] reads one log line
// (one file a program, log_*.go), rules.go decides which of an alert's labels and texts is the target, one file a sender reads its
// payload, and [Parse] puts them together. [Authenticate] checks that a request is from whom it says.
package alerts
