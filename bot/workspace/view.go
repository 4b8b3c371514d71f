package workspace

import (
	"encoding/json"
	"fmt"
)

// View is a modal or a home tab as Slack returns it.
type View struct {
	ID              string          `json:"id"`
	TeamID          string          `json:"team_id"`
	Type            string          `json:"type"`
	Title           json.RawMessage `json:"title,omitempty"`
	Submit          json.RawMessage `json:"submit,omitempty"`
	Close           json.RawMessage `json:"close,omitempty"`
	Blocks          json.RawMessage `json:"blocks"`
	PrivateMetadata string          `json:"private_metadata"`
	CallbackID      string          `json:"callback_id"`
	ExternalID      string          `json:"external_id"`
	ClearOnClose    bool            `json:"clear_on_close"`
	NotifyOnClose   bool            `json:"notify_on_close"`
	State           ViewState       `json:"state"`
	Hash            string          `json:"hash"`
	RootViewID      string          `json:"root_view_id"`
	PreviousViewID  *string         `json:"previous_view_id"`
	AppID           string          `json:"app_id"`
	BotID           string          `json:"bot_id"`
	// Errors are what the app's acknowledgement said of the inputs, by block_id; the page shows them.
	Errors map[string]string `json:"-"`
}

// ViewState is what stands in a view's inputs, by block_id and action_id.
type ViewState struct {
	Values map[string]map[string]any `json:"values"`
}

// maxModals is how many modals stand on each other.
const maxModals = 3

// readView decodes and checks a view that the app sends.
func (s *Server) readView(text, kind string) (*View, error) {
	var v View
	if text == "" || json.Unmarshal([]byte(text), &v) != nil {
		return nil, fail("invalid_arguments", "[ERROR] must provide a view")
	}
	if v.Type != kind {
		return nil, fail("invalid_arguments", "[ERROR] unsupported type: "+v.Type+" [json-pointer:/view/type]")
	}
	where := homeSurface
	if kind == "modal" {
		where = modalSurface
		if err := checkModal(&v); err != nil {
			return nil, err
		}
	}
	if len(v.PrivateMetadata) > 3000 || len(v.CallbackID) > 255 {
		return nil, fail("view_too_large")
	}
	blocks, err := s.checkBlocks(string(v.Blocks), where)
	if err != nil {
		return nil, invalidArguments(err)
	}
	if blocks == nil {
		blocks = json.RawMessage("[]")
	}
	v.Blocks = blocks
	v.TeamID, v.AppID, v.BotID = s.state.team.ID, s.state.appID, s.state.botID
	v.State = ViewState{Values: map[string]map[string]any{}}
	v.Hash = fmt.Sprintf("%s.%s", s.state.newTS(s.cfg.Now()), secret()[:8])
	return &v, nil
}

// invalidArguments is how Slack names broken blocks in a view.
func invalidArguments(err error) error {
	if e, ok := err.(*apiError); ok {
		return fail("invalid_arguments", e.messages...)
	}
	return err
}

// checkModal checks a modal's title and buttons: 24 characters each, and a submit where there are inputs.
func checkModal(v *View) error {
	k := &checker{surface: modalSurface}
	parts := map[string]json.RawMessage{"title": v.Title, "submit": v.Submit, "close": v.Close}
	for name, raw := range parts {
		var o map[string]any
		if len(raw) == 0 || string(raw) == "null" {
			if name == "title" {
				k.bad("/view/title", "missing required field: title")
			}
			continue
		}
		json.Unmarshal(raw, &o)
		k.textObject("/view/"+name, o, "plain_text", 24)
	}
	if len(inputs(v.Blocks)) > 0 && len(v.Submit) == 0 {
		k.bad("/view/submit", "missing required field: submit, since there are input blocks")
	}
	return invalidArguments(k.err())
}

func viewsOpen(s *Server, c call) (reply, error) { return s.push(c, false) }

func viewsPush(s *Server, c call) (reply, error) { return s.push(c, true) }

func (s *Server) push(c call, onto bool) (reply, error) {
	v, err := s.readView(c.str("view"), "modal")
	if err != nil {
		return nil, err
	}
	t, err := s.takeTrigger(c.str("trigger_id"))
	if err != nil {
		return nil, err
	}
	u := t.user
	if t.channel != nil {
		v.Blocks = defaultConversation(v.Blocks, t.channel.ID)
	}
	if onto && len(u.modals) >= maxModals {
		return nil, fail("push_limit_reached")
	}
	if !onto {
		u.modals = nil
	}
	s.addModal(u, v)
	return reply{"view": v}, nil
}

// defaultConversation chooses the conversation in which the person was, in the menus that ask for that.
func defaultConversation(raw json.RawMessage, id string) json.RawMessage {
	var blocks []map[string]any
	if json.Unmarshal(raw, &blocks) != nil {
		return raw
	}
	for _, b := range blocks {
		for _, name := range []string{"element", "accessory"} {
			e, _ := b[name].(map[string]any)
			if e["default_to_current_conversation"] == true && e["initial_conversation"] == nil {
				e["initial_conversation"] = id
			}
		}
	}
	out, err := json.Marshal(blocks)
	if err != nil {
		return raw
	}
	return out
}

// addModal puts a view on top of the user's modals.
func (s *Server) addModal(u *user, v *View) {
	v.ID = s.state.newID("V")
	v.RootViewID = v.ID
	if n := len(u.modals); n > 0 {
		v.RootViewID = u.modals[0].ID
		v.PreviousViewID = &u.modals[n-1].ID
	}
	u.modals = append(u.modals, v)
	s.live.views(u)
}

func viewsUpdate(s *Server, c call) (reply, error) {
	u, i := s.state.modal(c.str("view_id"), c.str("external_id"))
	if u == nil {
		return nil, fail("not_found")
	}
	old := u.modals[i]
	if hash := c.str("hash"); hash != "" && hash != old.Hash {
		return nil, fail("hash_conflict")
	}
	v, err := s.readView(c.str("view"), "modal")
	if err != nil {
		return nil, err
	}
	s.replaceModal(u, i, v)
	return reply{"view": v}, nil
}

// replaceModal puts another content where a modal stands.
func (s *Server) replaceModal(u *user, i int, v *View) {
	old := u.modals[i]
	v.ID, v.RootViewID, v.PreviousViewID = old.ID, old.RootViewID, old.PreviousViewID
	u.modals[i] = v
	s.live.views(u)
}

func viewsPublish(s *Server, c call) (reply, error) {
	u := s.state.user(c.str("user_id"))
	if u == nil || u.IsBot {
		return nil, fail("user_not_found")
	}
	if hash := c.str("hash"); hash != "" && u.home != nil && hash != u.home.Hash {
		return nil, fail("hash_conflict")
	}
	v, err := s.readView(c.str("view"), "home")
	if err != nil {
		return nil, err
	}
	v.ID = "VH" + u.ID
	v.RootViewID = v.ID
	u.home = v
	s.live.views(u)
	return reply{"view": v}, nil
}

// modal finds an open modal by its id or external id.
func (st *state) modal(id, external string) (*user, int) {
	for _, u := range st.users {
		for i, v := range u.modals {
			if v.ID == id || (external != "" && v.ExternalID == external) {
				return u, i
			}
		}
	}
	return nil, 0
}
