package workspace

import (
	"encoding/json"
	"fmt"
	"slices"
)

var elementKinds = []string{
	"button", "checkboxes", "datepicker", "datetimepicker", "email_text_input", "external_select", "file_input", "image",
	"multi_channels_select", "multi_conversations_select", "multi_external_select", "multi_static_select", "multi_users_select",
	"number_input", "overflow", "plain_text_input", "radio_buttons", "rich_text_input", "static_select", "timepicker",
	"url_text_input", "users_select", "conversations_select", "channels_select", "workflow_button", "feedback_buttons", "icon_button",
}

// element checks one interactive element.
func (k *checker) element(at string, e map[string]any) {
	kind := str(e, "type")
	if !slices.Contains(elementKinds, kind) {
		k.bad(at+"/type", "unsupported type: %s", kind)
		return
	}
	k.length(at+"/action_id", str(e, "action_id"), 0, maxActionID)
	switch kind {
	case "button":
		k.button(at, e)
	case "image":
		k.image(at, e)
	case "static_select", "multi_static_select", "overflow", "radio_buttons", "checkboxes":
		k.options(at, e)
	}
	if c, ok := e["confirm"].(map[string]any); ok {
		k.confirm(at+"/confirm", c)
	}
}

func (k *checker) button(at string, e map[string]any) {
	k.textObject(at+"/text", e["text"], "plain_text", maxButtonText)
	k.length(at+"/value", str(e, "value"), 0, maxButtonValue)
	if style := str(e, "style"); !slices.Contains([]string{"", "primary", "danger"}, style) {
		k.bad(at+"/style", "unsupported style: %s", style)
	}
	if str(e, "url") != "" {
		k.link(at+"/url", str(e, "url"))
	}
}

func (k *checker) options(at string, e map[string]any) {
	options := list(e, "options")
	most := maxOptions
	switch str(e, "type") {
	case "overflow":
		most = 5
	case "radio_buttons", "checkboxes":
		most = 10
	}
	if len(options) == 0 && len(list(e, "option_groups")) == 0 {
		k.bad(at+"/options", "no fewer than 1 items allowed")
	}
	if len(options) > most {
		k.bad(at+"/options", "no more than %d items allowed", most)
	}
	for i, o := range options {
		option, _ := o.(map[string]any)
		k.textObject(fmt.Sprintf("%s/options/%d/text", at, i), option["text"], "", maxOptionText)
	}
}

func (k *checker) confirm(at string, c map[string]any) {
	k.textObject(at+"/title", c["title"], "plain_text", 100)
	k.textObject(at+"/text", c["text"], "", 300)
	k.textObject(at+"/confirm", c["confirm"], "plain_text", 30)
	k.textObject(at+"/deny", c["deny"], "plain_text", 30)
}

// found is an element that a person can use, and the block that holds it.
type found struct {
	blockID string
	element map[string]any
	block   map[string]any
}

// elements lists what can be used in blocks: actions, accessories, inputs, card actions.
func elements(raw json.RawMessage) []found {
	var blocks []map[string]any
	if json.Unmarshal(raw, &blocks) != nil {
		return nil
	}
	var all []found
	for _, b := range blocks {
		held := append(slices.Clone(list(b, "elements")), list(b, "actions")...)
		held = append(held, b["accessory"], b["element"])
		for _, v := range held {
			if e, ok := v.(map[string]any); ok && slices.Contains(elementKinds, str(e, "type")) && str(e, "type") != "image" {
				all = append(all, found{str(b, "block_id"), e, b})
			}
		}
	}
	return all
}

// find is the element with an action_id; a value tells elements of the same action_id apart.
func find(raw json.RawMessage, blockID, actionID, value string) (found, bool) {
	var first *found
	for _, f := range elements(raw) {
		if str(f.element, "action_id") != actionID || (blockID != "" && f.blockID != blockID) {
			continue
		}
		if value == "" || str(f.element, "value") == value {
			return f, true
		}
		if first == nil {
			first = &f
		}
	}
	if first == nil {
		return found{}, false
	}
	return *first, true
}
