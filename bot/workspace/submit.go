package workspace

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"unicode/utf8"
)

// Submission is a person's submitting of a modal.
type Submission struct {
	User   string `json:"user,omitempty"`    // U1 where empty
	ViewID string `json:"view_id,omitempty"` // the top modal where empty
	// Values are by block_id or action_id: text, an option's value, or a list of values.
	Values map[string]any `json:"values,omitempty"`
}

// Submitted is what came of a submission: the acknowledgement, the errors shown under inputs by block_id, and the
// modal that stands now, nil where it was closed.
type Submitted struct {
	Ack    Ack               `json:"ack"`
	Errors map[string]string `json:"errors,omitempty"`
	View   *View             `json:"view,omitempty"`
}

// inputs is the input blocks among blocks.
func inputs(raw json.RawMessage) []found {
	var all []found
	for _, f := range elements(raw) {
		if str(f.block, "type") == "input" {
			all = append(all, f)
		}
	}
	return all
}

// submit sends view_submission and does what the acknowledgement says.
func (s *Server) submit(ctx context.Context, sub Submission) (Submitted, error) {
	setDefault(&sub.User, "U1")
	s.mu.Lock()
	u := s.state.user(sub.User)
	if u == nil || u.view(sub.ViewID) == nil || u.view(sub.ViewID).Type != "modal" {
		s.mu.Unlock()
		return Submitted{}, fmt.Errorf("%s has no modal open", sub.User)
	}
	v := u.view(sub.ViewID)
	fill(v, sub.Values)
	if errs := missing(v); len(errs) > 0 {
		defer s.mu.Unlock()
		return s.refused(u, v, errs), nil
	}
	payload := s.interaction("view_submission", u, nil)
	payload["view"], payload["response_urls"] = *v, []any{}
	id := v.ID
	s.mu.Unlock()

	ack, err := s.deliver(ctx, kindInteractive, payload)
	if err != nil {
		return Submitted{Ack: ack}, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	out, err := s.submitAnswer(u, id, ack.Body)
	out.Ack = ack
	return out, err
}

// submitAnswer is what the acknowledgement does to the user's modals.
func (s *Server) submitAnswer(u *user, id string, body json.RawMessage) (Submitted, error) {
	var a struct {
		Action string            `json:"response_action"`
		Errors map[string]string `json:"errors"`
		View   json.RawMessage   `json:"view"`
	}
	if body != nil && json.Unmarshal(body, &a) != nil {
		return Submitted{}, fmt.Errorf("the acknowledgement of a submission is no object")
	}
	_, i := s.state.modal(id, "")
	if i >= len(u.modals) || u.modals[i].ID != id {
		return Submitted{}, nil // closed meanwhile
	}
	switch a.Action {
	case "":
		u.modals = u.modals[:i]
	case "clear":
		u.modals = nil
	case "errors":
		return s.refused(u, u.modals[i], a.Errors), nil
	case "update", "push":
		v, err := s.readView(string(a.View), "modal")
		if err != nil {
			return Submitted{}, fmt.Errorf("the view of response_action %s: %w", a.Action, err)
		}
		if a.Action == "update" {
			s.replaceModal(u, i, v)
		} else {
			s.addModal(u, v)
		}
	default:
		return Submitted{}, fmt.Errorf("unknown response_action %q", a.Action)
	}
	s.live.views(u)
	if n := len(u.modals); n > 0 {
		top := *u.modals[n-1]
		return Submitted{View: &top}, nil
	}
	return Submitted{}, nil
}

func (s *Server) refused(u *user, v *View, errs map[string]string) Submitted {
	v.Errors = errs
	s.live.views(u)
	stands := *v
	return Submitted{Errors: errs, View: &stands}
}

// fill sets a view's state from values by block_id or action_id; what is not named keeps its initial value.
func fill(v *View, values map[string]any) {
	state := map[string]map[string]any{}
	for _, f := range elements(v.Blocks) {
		if str(f.element, "type") == "button" {
			continue
		}
		action := str(f.element, "action_id")
		given, ok := values[f.blockID] // action_ids may repeat from block to block
		if !ok {
			given, ok = values[action]
		}
		text := initial(f.element)
		if ok {
			text = joined(given)
		}
		value := inputValue(f.element, text)
		value["type"] = f.element["type"]
		if state[f.blockID] == nil {
			state[f.blockID] = map[string]any{}
		}
		state[f.blockID][action] = value
	}
	v.State = ViewState{Values: state}
	v.Errors = nil
}

// joined is a value as text, the elements of a list in lines.
func joined(v any) string {
	switch v := v.(type) {
	case string:
		return v
	case []any:
		var parts []string
		for _, p := range v {
			parts = append(parts, joined(p))
		}
		return strings.Join(parts, "\n")
	case []string:
		return strings.Join(v, "\n")
	case nil:
		return ""
	}
	return fmt.Sprint(v)
}

// initial is what an element holds when nobody touched it.
func initial(e map[string]any) string {
	for _, name := range []string{"initial_value", "initial_date", "initial_time", "initial_user", "initial_conversation", "initial_channel"} {
		if v := str(e, name); v != "" {
			return v
		}
	}
	if o, ok := e["initial_option"].(map[string]any); ok {
		return str(o, "value")
	}
	var values []string
	for _, o := range list(e, "initial_options") {
		option, _ := o.(map[string]any)
		values = append(values, str(option, "value"))
	}
	return strings.Join(values, "\n")
}

// missing is what Slack's own client refuses: empty inputs that are not optional, and texts of a wrong length.
func missing(v *View) map[string]string {
	errs := map[string]string{}
	for _, f := range inputs(v.Blocks) {
		value, _ := v.State.Values[f.blockID][str(f.element, "action_id")].(map[string]any)
		optional, _ := f.block["optional"].(bool)
		if blank(value) {
			if !optional {
				errs[f.blockID] = "Please complete this required field."
			}
			continue
		}
		n := float64(utf8.RuneCountInString(str(value, "value")))
		if least, ok := f.element["min_length"].(float64); ok && n < least {
			errs[f.blockID] = fmt.Sprintf("Must be at least %.0f characters.", least)
		}
		if most, ok := f.element["max_length"].(float64); ok && n > most {
			errs[f.blockID] = fmt.Sprintf("Must be at most %.0f characters.", most)
		}
	}
	return errs
}

func blank(value map[string]any) bool {
	for k, v := range value {
		if l, ok := v.([]any); k != "type" && v != nil && !(ok && len(l) == 0) {
			return false
		}
	}
	return true
}

// closeView takes the user's top modal away, or all; the app hears of it where it asked to.
func (s *Server) closeView(ctx context.Context, userRef string, all bool) error {
	s.mu.Lock()
	u := s.state.user(userRef)
	if u == nil || len(u.modals) == 0 {
		s.mu.Unlock()
		return fmt.Errorf("%s has no modal open", userRef)
	}
	v := u.modals[len(u.modals)-1]
	if all || v.ClearOnClose {
		u.modals = nil
	} else {
		u.modals = u.modals[:len(u.modals)-1]
	}
	s.live.views(u)
	payload := s.interaction("view_closed", u, nil)
	payload["view"], payload["is_cleared"] = *v, all
	s.mu.Unlock()
	if !v.NotifyOnClose {
		return nil
	}
	_, err := s.deliver(ctx, kindInteractive, payload)
	return err
}
