package workspace

import (
	"encoding/json"
	"fmt"
	"slices"
	"unicode/utf8"
)

// surface is where blocks stand; each has its own list of types and its own number.
type surface struct {
	name    string
	most    int
	refused []string // block types that do not work here
}

var (
	messageSurface = surface{"message", 50, []string{"alert"}}
	modalSurface   = surface{"modal", 100, []string{"file", "markdown", "plan", "task_card", "table", "context_actions"}}
	homeSurface    = surface{"home", 100, []string{"file", "markdown", "plan", "task_card", "table", "context_actions"}}
)

// Limits on blocks, in characters and items (Slack's Block Kit reference; maxBlocksText was found by trying).
const (
	maxBlocksText   = 11000
	maxBlockID      = 255
	maxSectionText  = 3000
	maxFieldText    = 2000
	maxFields       = 10
	maxHeaderText   = 150
	maxButtonText   = 75
	maxButtonValue  = 2000
	maxActionID     = 255
	maxOptionText   = 75
	maxOptions      = 100
	maxActions      = 25
	maxContext      = 10
	maxTableRows    = 100
	maxTableColumns = 20
	maxMarkdown     = 12000
	maxAltText      = 2000
	maxURL          = 3000
	maxTaskTitle    = 255
)

// blockError is what one block breaks, with Slack's pointer to it.
type blockError struct{ what, at string }

func (e blockError) String() string { return fmt.Sprintf("[ERROR] %s [json-pointer:%s]", e.what, e.at) }

// checker goes through blocks and notes what breaks Slack's rules.
type checker struct {
	surface surface
	errs    []blockError
	text    int // characters of all text so far
	tables  int
	ids     map[string]bool
}

func (k *checker) bad(at, format string, args ...any) {
	k.errs = append(k.errs, blockError{fmt.Sprintf(format, args...), at})
}

// checkBlocks holds blocks against Slack's rules and gives them back with a block_id each; nil for none.
func (s *Server) checkBlocks(text string, where surface) (json.RawMessage, error) {
	if text == "" || text == "null" {
		return nil, nil
	}
	var blocks []map[string]any
	if err := json.Unmarshal([]byte(text), &blocks); err != nil {
		return nil, fail("invalid_blocks_format")
	}
	if len(blocks) == 0 {
		return nil, nil
	}
	k := &checker{surface: where, ids: map[string]bool{}}
	k.surface.refused = append(slices.Clone(where.refused), s.cfg.RefuseBlocks...)
	k.blocks(blocks)
	if err := k.err(); err != nil {
		return nil, err
	}
	if err := s.pictures(blocks); err != nil {
		return nil, err
	}
	for _, b := range blocks {
		if str(b, "block_id") == "" {
			b["block_id"] = s.state.newID("b")
		}
	}
	return json.Marshal(blocks)
}

func (k *checker) blocks(blocks []map[string]any) {
	if len(blocks) > k.surface.most {
		k.bad("/blocks", "no more than %d items allowed", k.surface.most)
	}
	for i, b := range blocks {
		k.block(fmt.Sprintf("/blocks/%d", i), b)
	}
}

func (k *checker) err() error {
	if len(k.errs) > 0 {
		var messages []string
		for _, e := range k.errs {
			messages = append(messages, e.String())
		}
		return fail("invalid_blocks", messages...)
	}
	if k.tables > 1 {
		return fail("invalid_attachments", "[ERROR] only_one_table_allowed")
	}
	if k.surface.name == "message" && k.text > maxBlocksText {
		return fail("msg_blocks_too_long")
	}
	return nil
}

func (k *checker) block(at string, b map[string]any) {
	kind := str(b, "type")
	if slices.Contains(k.surface.refused, kind) {
		k.bad(at+"/type", "unsupported type: %s", kind)
		return
	}
	if id := str(b, "block_id"); id != "" {
		if k.ids[id] {
			k.bad(at+"/block_id", "block_id already exists: %s", id)
		}
		k.ids[id] = true
		k.length(at+"/block_id", id, 1, maxBlockID)
	}
	check, known := blockChecks()[kind]
	if !known {
		k.bad(at+"/type", "unsupported type: %s", kind)
		return
	}
	if check != nil {
		check(k, at, b)
	}
}

// length notes a text that is shorter or longer than allowed, and counts it.
func (k *checker) length(at, text string, least, most int) {
	n := utf8.RuneCountInString(text)
	if n < least {
		k.bad(at, "must be more than %d characters", least-1)
	}
	if n > most {
		k.bad(at, "must be less than %d characters", most+1)
	}
}

// textObject checks a text object of a kind ("plain_text", or "" for either).
func (k *checker) textObject(at string, v any, kind string, most int) {
	o, ok := v.(map[string]any)
	if !ok {
		k.bad(at, "missing required field: text")
		return
	}
	got := str(o, "type")
	if (got != "plain_text" && got != "mrkdwn") || (kind != "" && got != kind) {
		k.bad(at+"/type", "unsupported type: %s", got)
	}
	k.text += utf8.RuneCountInString(str(o, "text"))
	k.length(at+"/text", str(o, "text"), 1, most)
}

func str(o map[string]any, name string) string {
	s, _ := o[name].(string)
	return s
}

func list(o map[string]any, name string) []any {
	l, _ := o[name].([]any)
	return l
}
