package workspace

import (
	"fmt"
	"net/url"
	"slices"
	"unicode/utf8"
)

// blockChecks is every block type that the workspace knows; nil means that nothing inside is checked.
func blockChecks() map[string]func(*checker, string, map[string]any) {
	return map[string]func(*checker, string, map[string]any){
		"section": (*checker).section, "header": (*checker).header, "context": (*checker).context, "actions": (*checker).actions,
		"input": (*checker).input, "image": (*checker).image, "rich_text": (*checker).richText, "table": (*checker).table,
		"markdown": (*checker).markdown, "plan": (*checker).plan, "task_card": (*checker).taskCard,
		"divider": nil, "file": nil, "video": nil, "context_actions": nil, "card": nil, "carousel": nil, "alert": nil,
		"container": nil, "data_table": nil, "data_visualization": nil, "call": nil,
	}
}

func (k *checker) section(at string, b map[string]any) {
	if b["text"] == nil && len(list(b, "fields")) == 0 {
		k.bad(at, "missing required field: text or fields")
	}
	if b["text"] != nil {
		k.textObject(at+"/text", b["text"], "", maxSectionText)
	}
	if len(list(b, "fields")) > maxFields {
		k.bad(at+"/fields", "no more than %d items allowed", maxFields)
	}
	for i, f := range list(b, "fields") {
		k.textObject(fmt.Sprintf("%s/fields/%d", at, i), f, "", maxFieldText)
	}
	if a, ok := b["accessory"].(map[string]any); ok {
		k.element(at+"/accessory", a)
	}
}

func (k *checker) header(at string, b map[string]any) {
	k.textObject(at+"/text", b["text"], "plain_text", maxHeaderText)
}

func (k *checker) context(at string, b map[string]any) {
	k.count(at, b, maxContext)
	for i, e := range list(b, "elements") {
		o, _ := e.(map[string]any)
		if str(o, "type") == "image" {
			k.image(fmt.Sprintf("%s/elements/%d", at, i), o)
			continue
		}
		k.textObject(fmt.Sprintf("%s/elements/%d", at, i), e, "", maxSectionText)
	}
}

func (k *checker) count(at string, b map[string]any, most int) {
	if n := len(list(b, "elements")); n == 0 {
		k.bad(at+"/elements", "no fewer than 1 items allowed")
	} else if n > most {
		k.bad(at+"/elements", "no more than %d items allowed", most)
	}
}

func (k *checker) actions(at string, b map[string]any) {
	k.count(at, b, maxActions)
	var ids []string
	for i, e := range list(b, "elements") {
		o, _ := e.(map[string]any)
		where := fmt.Sprintf("%s/elements/%d", at, i)
		k.element(where, o)
		if id := str(o, "action_id"); id != "" {
			if slices.Contains(ids, id) {
				k.bad(where+"/action_id", "`action_id` already exists in this block: %s", id)
			}
			ids = append(ids, id)
		}
	}
}

func (k *checker) input(at string, b map[string]any) {
	k.textObject(at+"/label", b["label"], "plain_text", 2000)
	e, _ := b["element"].(map[string]any)
	if str(e, "type") == "button" {
		k.bad(at+"/element/type", "unsupported type: button")
	}
	k.element(at+"/element", e)
}

func (k *checker) image(at string, b map[string]any) {
	if b["slack_file"] == nil {
		k.link(at+"/image_url", str(b, "image_url"))
	}
	k.length(at+"/alt_text", str(b, "alt_text"), 1, maxAltText)
}

// link wants an http or https URL.
func (k *checker) link(at, text string) {
	u, err := url.Parse(text)
	if err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" || len(text) > maxURL {
		k.bad(at, "invalid url")
	}
}

func (k *checker) markdown(at string, b map[string]any) {
	k.text += utf8.RuneCountInString(str(b, "text"))
	k.length(at+"/text", str(b, "text"), 1, maxMarkdown)
}

// richText checks the kinds of the parts and counts their text.
func (k *checker) richText(at string, b map[string]any) {
	for i, e := range list(b, "elements") {
		o, _ := e.(map[string]any)
		where := fmt.Sprintf("%s/elements/%d", at, i)
		switch str(o, "type") {
		case "rich_text_section", "rich_text_preformatted", "rich_text_quote":
			k.richParts(where, o)
		case "rich_text_list":
			k.richText(where, o)
		default:
			k.bad(where+"/type", "unsupported type: %s", str(o, "type"))
		}
	}
}

func (k *checker) richParts(at string, o map[string]any) {
	kinds := []string{"text", "link", "emoji", "user", "channel", "usergroup", "broadcast", "date", "color", "team"}
	for i, e := range list(o, "elements") {
		part, _ := e.(map[string]any)
		where := fmt.Sprintf("%s/elements/%d", at, i)
		if !slices.Contains(kinds, str(part, "type")) {
			k.bad(where+"/type", "unsupported type: %s", str(part, "type"))
		}
		if str(part, "type") == "text" && str(part, "text") == "" {
			k.bad(where+"/text", "must be more than 0 characters")
		}
		k.text += utf8.RuneCountInString(str(part, "text"))
	}
}

func (k *checker) table(at string, b map[string]any) {
	k.tables++
	rows := list(b, "rows")
	if len(rows) == 0 || len(rows) > maxTableRows {
		k.bad(at+"/rows", "must have 1 to %d items", maxTableRows)
	}
	for i, r := range rows {
		cells, _ := r.([]any)
		if len(cells) == 0 || len(cells) > maxTableColumns {
			k.bad(fmt.Sprintf("%s/rows/%d", at, i), "must have 1 to %d items", maxTableColumns)
		}
		for j, c := range cells {
			k.cell(fmt.Sprintf("%s/rows/%d/%d", at, i, j), c)
		}
	}
}

func (k *checker) cell(at string, v any) {
	o, _ := v.(map[string]any)
	switch str(o, "type") {
	case "raw_text":
		k.text += utf8.RuneCountInString(str(o, "text"))
		k.length(at+"/text", str(o, "text"), 1, maxSectionText)
	case "rich_text":
		k.richText(at, o)
	default:
		k.bad(at+"/type", "unsupported type: %s", str(o, "type"))
	}
}

func (k *checker) plan(at string, b map[string]any) {
	k.text += utf8.RuneCountInString(str(b, "title"))
	k.length(at+"/title", str(b, "title"), 1, maxTaskTitle)
	seen := map[string]bool{}
	for i, t := range list(b, "tasks") {
		o, _ := t.(map[string]any)
		where := fmt.Sprintf("%s/tasks/%d", at, i)
		k.taskCard(where, o)
		if id := str(o, "task_id"); seen[id] {
			k.bad(where+"/task_id", "task_id already exists: %s", id)
		} else {
			seen[id] = true
		}
	}
}

func (k *checker) taskCard(at string, o map[string]any) {
	k.length(at+"/task_id", str(o, "task_id"), 1, maxBlockID)
	k.text += utf8.RuneCountInString(str(o, "title"))
	k.length(at+"/title", str(o, "title"), 1, maxTaskTitle)
	if status := str(o, "status"); !slices.Contains([]string{"", "pending", "in_progress", "complete", "error"}, status) {
		k.bad(at+"/status", "unsupported status: %s", status)
	}
	for _, part := range []string{"details", "output"} {
		if o[part] == nil {
			continue
		}
		rich, _ := o[part].(map[string]any)
		if str(rich, "type") != "rich_text" {
			k.bad(at+"/"+part+"/type", "must be rich_text")
			continue
		}
		k.richText(at+"/"+part, rich)
	}
}
