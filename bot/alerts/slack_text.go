package alerts

import (
	"encoding/json"
	"strings"
)

// A notice is one part of a message that may be an alert of its own: an attachment, or the message's text and blocks.
type notice struct {
	title, link, color string
	// body is all of its text, one line a line.
	body string
	// fields are what it names as "name = value", "name: value" or a field.
	fields map[string]text
	// part is "firing" or "resolved" for a section under that heading.
	part string
}

// notices takes a message apart.
func (m slackMessage) notices() []notice {
	var all []notice
	for _, a := range m.Attachments[:min(len(m.Attachments), 100)] {
		n := notice{title: unescapeSlack(string(a.Title)), link: string(a.TitleLink), color: string(a.Color), fields: map[string]text{}}
		parts := []string{string(a.Pretext), string(a.Text), blocksText(a.Blocks, n.fields)}
		for _, f := range a.Fields[:min(len(a.Fields), maxLabels)] {
			parts = append(parts, string(f.Title)+": "+string(f.Value))
			n.fields[labelName(string(f.Title))] = text(unescapeSlack(string(f.Value)))
		}
		body := joinLines(parts)
		if n.title == "" && body == "" {
			body = string(a.Fallback)
		}
		all = append(all, n.with(body).sections()...)
	}
	own := notice{fields: map[string]text{}}
	blocks := blocksText(m.Blocks, own.fields)
	if blocks == "" || !strings.Contains(blocks, strings.TrimSpace(m.Text)) {
		blocks = joinLines([]string{m.Text, blocks})
	}
	if own = own.with(blocks); own.body != "" {
		// What stands above the attachments belongs to the first of them, unless it is an alert by itself.
		all = append([]notice{own}, all...)
	}
	return all
}

// with sets the text and reads the fields that stand in it.
func (n notice) with(body string) notice {
	n.body = clip(unescapeSlack(body), maxTextScanned)
	for l := range strings.SplitSeq(n.body, "\n") {
		name, value, ok := fieldLine(l)
		if ok && len(n.fields) < maxLabels && n.fields[name] == "" {
			n.fields[name] = text(value)
		}
	}
	if n.title == "" {
		n.title, _, _ = strings.Cut(strings.TrimSpace(n.body), "\n")
	}
	return n
}

// sections splits the text of a group of alerts, as Grafana writes it: each alert has its list of labels, under the heading
// "Firing" or "Resolved".
func (n notice) sections() []notice {
	const mark = "Labels:"
	if strings.Count(n.body, mark) < 2 {
		return []notice{n}
	}
	var all []notice
	part, next := "", ""
	for i, body := range strings.Split(n.body, mark) {
		for l := range strings.SplitSeq(body, "\n") {
			switch strings.ToLower(strings.Trim(l, "* ")) {
			case "firing", "resolved":
				next = strings.ToLower(strings.Trim(l, "* "))
			}
		}
		if i > 0 && len(all) < 100 {
			all = append(all, notice{title: n.title, link: n.link, color: n.color, part: part, fields: map[string]text{}}.with(body))
		}
		part = next
	}
	return all
}

// fieldLine reads " - instance = http://10.0.3.12:8080" (Grafana, Alertmanager's templates) and "*Instance:* 10.0.3.12:8080".
func fieldLine(l string) (name, value string, ok bool) {
	l = strings.TrimLeft(strings.TrimSpace(l), "-•* ")
	if name, value, ok = strings.Cut(l, " = "); !ok {
		if name, value, ok = strings.Cut(l, ": "); !ok {
			name, value, ok = strings.Cut(l, ":* ")
		}
	}
	name, value = labelName(name), strings.Trim(strings.TrimSpace(value), "*_`")
	return name, strings.TrimSpace(value), ok && name != "" && value != "" && len(name) <= 40
}

// labelName makes "*Alarm Name*" the label alarm_name.
func labelName(s string) string {
	s = strings.ToLower(strings.Trim(strings.TrimSpace(s), "*_`: "))
	if strings.Count(s, " ") > 2 {
		return ""
	}
	for i := 0; i < len(s); i++ {
		if !alnum(s[i]) && s[i] != ' ' && s[i] != '_' && s[i] != '-' {
			return ""
		}
	}
	return strings.ReplaceAll(s, " ", "_")
}

func joinLines(parts []string) string {
	var kept []string
	for _, p := range parts {
		if strings.TrimSpace(p) != "" {
			kept = append(kept, p)
		}
	}
	return strings.Join(kept, "\n")
}

// blocksText collects the text of blocks of whatever type, in order: all values of "text" that are strings, and links.
func blocksText(blocks []json.RawMessage, fields map[string]text) string {
	var b strings.Builder
	for _, raw := range blocks[:min(len(blocks), 100)] {
		var v any
		if json.Unmarshal(raw, &v) == nil {
			blockText(v, &b)
			b.WriteString("\n")
		}
	}
	return strings.TrimSpace(b.String())
}

// blockText walks one block. The depth is that of the body, which has been bounded.
func blockText(v any, b *strings.Builder) {
	switch v := v.(type) {
	case []any:
		for _, e := range v {
			blockText(e, b)
		}
	case map[string]any:
		if s, ok := v["text"].(string); ok {
			b.WriteString(s)
		} else if s, ok := v["url"].(string); ok && v["type"] == "link" {
			b.WriteString(s)
		}
		for _, key := range []string{"text", "title", "fields", "elements", "rows"} {
			if _, isString := v[key].(string); !isString && v[key] != nil {
				blockText(v[key], b)
			}
		}
		switch v["type"] {
		case "mrkdwn", "plain_text", "rich_text_section", "rich_text_preformatted", "header":
			b.WriteString("\n")
		}
	}
}

var slackEntities = strings.NewReplacer("&lt;", "<", "&gt;", ">", "&amp;", "&")

// unescapeSlack turns Slack's markup into plain text: "<http://a:80/|name>" is the URL, mentions and channels vanish.
func unescapeSlack(s string) string {
	var b strings.Builder
	for {
		open := strings.IndexByte(s, '<')
		if open < 0 {
			break
		}
		end := strings.IndexByte(s[open:], '>')
		if end < 0 {
			break
		}
		b.WriteString(slackEntities.Replace(s[:open]))
		if inner := s[open+1 : open+end]; !strings.HasPrefix(inner, "!") && !strings.HasPrefix(inner, "@") && !strings.HasPrefix(inner, "#") {
			link, label, _ := strings.Cut(inner, "|")
			b.WriteString(slackEntities.Replace(linkText(link, label)))
		}
		s = s[open+end+1:]
	}
	b.WriteString(slackEntities.Replace(s))
	return b.String()
}

// linkText is the URL, or the label where that holds an address: "<http://10.0.3.12:8080|10.0.3.12:8080>", as Slack makes of an
// address, and "<https://example.pagerduty.com/incidents/1|10.0.3.12:8080 is down>".
func linkText(link, label string) string {
	if strings.Contains(label, ":") && len(addressesIn(label)) > 0 {
		return label
	}
	return strings.TrimPrefix(link, "mailto:")
}
