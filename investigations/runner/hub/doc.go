// Package hub is the bot's end of the fabric: a NATS server inside the bot to
// which runners dial in, the keys it lets in, and the dispatch of probes to
// them.
//
// The server has no JetStream, no cluster and no files but its certificate.
// Every connection proves a key (nkeys over a nonce, in TLS); the key is that of
// a recorded runner, or it comes with the secret of an unused join token and
// becomes one. A key may use its runner's own subjects and no other.
package hub
