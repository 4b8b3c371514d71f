package bot

import (
	"strings"
	"unicode/utf8"

	"github.com/plexorbot/plexor/bot/slackapi"
)

// Limits of Slack's blocks, in characters where they bound text.
// https://docs.slack.dev/reference/block-kit/blocks
const (
	maxBlocks  = 50
	maxHeader  = 150
	maxSection = 3000
	maxButton  = 75
	maxText    = 3900 // chat.update takes 4,000
	maxWord    = 600  // one piece of rich text: a headline or a line of evidence
	maxAll     = 9000 // all text in a message's blocks; refused from about 11,000
)

type block = slackapi.Block

// header is a line in large type.
func header(text string) block {
	return block{"type": "header", "text": plain(clip(text, maxHeader))}
}

// section is a paragraph of our own words in mrkdwn. Words of others go through
// escape first, or better into rich text.
func section(mrkdwn string) block {
	return block{"type": "section", "text": block{"type": "mrkdwn", "text": clip(mrkdwn, maxSection)}}
}

// note is a line in small type.
func note(text string) block {
	return block{"type": "context", "elements": []block{plain(clip(text, maxSection))}}
}

func divider() block { return block{"type": "divider"} }

// actions is a row of buttons.
func actions(id string, buttons ...block) block {
	return block{"type": "actions", "block_id": id, "elements": buttons}
}

// button has a verb on it and a value that comes back when it is pressed.
func button(action, verb, value string) block {
	return block{"type": "button", "action_id": action, "text": plain(clip(verb, maxButton)), "value": value}
}

// confirmed asks before the press counts.
func confirmed(b block, title, text, verb string) block {
	b["confirm"] = block{"title": plain(title), "text": plain(text), "confirm": plain(verb), "deny": plain("Back")}
	return b
}

// image shows an uploaded picture; alt says what is in it.
func image(file, alt string) block {
	return block{"type": "image", "slack_file": block{"id": file}, "alt_text": clip(alt, 2000)}
}

// plain is text in which nothing is markup. Emoji words are off: in host:8080:
// they would eat the colons.
func plain(text string) block { return block{"type": "plain_text", "text": text, "emoji": false} }

// rich is a rich_text block. Nothing in it is mrkdwn: what a stranger wrote does
// nothing in it.
func rich(parts ...block) block { return block{"type": "rich_text", "elements": parts} }

// line is a paragraph of rich text.
func line(elements ...block) block {
	return block{"type": "rich_text_section", "elements": elements}
}

// bullets is a list of paragraphs.
func bullets(lines ...block) block {
	return block{"type": "rich_text_list", "style": "bullet", "elements": lines}
}

// pre is a command or output to be copied as it is.
func pre(text string) block {
	return block{"type": "rich_text_preformatted", "elements": []block{{"type": "text", "text": orSpace(clip(text, maxSection))}}}
}

func word(text string) block   { return block{"type": "text", "text": orSpace(clip(text, maxWord))} }
func strong(text string) block { return styled(text, "bold") }
func code(text string) block   { return styled(text, "code") }
func italic(text string) block { return styled(text, "italic") }
func person(id string) block   { return block{"type": "user", "user_id": id} }
func styled(text, style string) block {
	return block{"type": "text", "text": orSpace(clip(text, maxWord)), "style": block{style: true}}
}

// orSpace keeps an empty text from making the block invalid.
func orSpace(text string) string {
	if text == "" {
		return " "
	}
	return text
}

// clip shortens text to at most n characters, and says so with an ellipsis.
func clip(text string, n int) string {
	if utf8.RuneCountInString(text) <= n {
		return text
	}
	return string([]rune(text)[:n-1]) + "…"
}

// escape makes text safe in mrkdwn and in a message's text, where <, > and &
// begin mentions, links and entities.
func escape(text string) string {
	return strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;").Replace(text)
}

// fit drops what is at the end until the message is one that Slack takes, and
// says that it did.
func fit(blocks []block) []block {
	left, kept := maxAll, blocks[:0:0]
	for _, b := range blocks {
		b, whole := trim(b, left)
		if len(kept) == maxBlocks-1 || b == nil {
			return append(kept, cut)
		}
		kept = append(kept, b)
		left -= textSize(b)
		if !whole {
			return append(kept, cut)
		}
	}
	return kept
}

// cut ends a message of which more was to be said.
var cut = note("There is more than fits here: plexor show prints all of it.")

// trim cuts a rich_text block's last parts off until its text is within n
// characters; any other block stays whole or goes (nil).
func trim(b block, n int) (kept block, whole bool) {
	if textSize(b) <= n {
		return b, true
	}
	parts, ok := b["elements"].([]block)
	if !ok || b["type"] != "rich_text" {
		return nil, false
	}
	end := 0
	for size := 0; end < len(parts); end++ {
		if size += textSize(parts[end]); size > n {
			break
		}
	}
	if end == 0 {
		return nil, false
	}
	return rich(parts[:end]...), false
}

// textSize counts the characters of all text in a block.
func textSize(v any) int {
	n := 0
	switch v := v.(type) {
	case block:
		for k, x := range v {
			if s, ok := x.(string); ok && k == "text" {
				n += utf8.RuneCountInString(s)
			} else {
				n += textSize(x)
			}
		}
	case []block:
		for _, b := range v {
			n += textSize(b)
		}
	}
	return n
}
