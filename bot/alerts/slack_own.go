package alerts

import "regexp"

// ownWords begin the lines that Plexor writes. Other bots repeat what they read in one channel in another, and an answer to one's
// own words would be repeated and answered for ever.
var ownWords = late(`(?m)^[>*_ ]*(?:(?:[🔴🟡🟢]|:[a-z_]+:)\s*)?(?:Cause found for |Found for |No cause proved for |Could not diagnose |Diagnosing |Checking again: |Broken again: |Checked again: |Accepts connections, though the alert fires: |` +
	`Not diagnosed: |Waits for its turn: |Muted: |Resolved, but still broken: |Asking AWS which targets are meant by: |An alert that names nothing to diagnose: |` +
	`Part of (?:a storm of alerts|another thread)\b|Nothing more was heard of it up to [0-9]|The alert was resolved at [0-9]|The alert fires(?: again)?;|(?:Resolved: |Resolved, but not well: )?[0-9]+ alerts? on [0-9]+ targets\b|` +
	`[0-9]\. [^:\n]{1,80}: (?:ok|problem|unknown|skipped)\. )|^[>*_ ]*(?:🟢|:large_green_circle:)\s*(?:Healthy|Over): `)

// repeatsUs reports whether a part of the message is Plexor's, whoever posted it.
func (m slackMessage) repeatsUs() bool {
	for _, n := range m.notices() {
		if ownWords().MatchString(n.title) || ownWords().MatchString(n.body) {
			return true
		}
	}
	return false
}

// Identities that integrations give what they watch, in messages whose other words change: Uptime Kuma's "[name] [🔴 Down] …" and
// Gatus's "An alert for *group/name* has been triggered …".
var watchedNames = []func() *regexp.Regexp{
	late(`^\[([^\]\n]{1,200})\] \[(?:🔴|✅|:red_circle:|:white_check_mark:) ?(?:Down|Up)\]`),
	late(`\bAn alert for \*([^*\n]{1,200})\* has been (?:triggered|resolved)\b`),
}

// watched is what a notice is about in the integration's own words, or "".
func (n notice) watched() string {
	for _, form := range watchedNames {
		for _, s := range []string{n.title, n.body} {
			if m := form().FindStringSubmatch(s); m != nil {
				return m[1]
			}
		}
	}
	return ""
}
