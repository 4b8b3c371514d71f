package workspace

// pictures gives image blocks that name a file the address where it is. A file
// that is not there, or not yet whole, makes the block invalid, as in Slack.
func (s *Server) pictures(blocks []map[string]any) error {
	for _, b := range blocks {
		ref, _ := b["slack_file"].(map[string]any)
		id := str(ref, "id")
		if str(b, "type") != "image" || id == "" {
			continue
		}
		f := s.state.files[id]
		if f == nil || !f.complete {
			return fail("invalid_blocks", "[ERROR] invalid slack file [json-pointer:/slack_file]")
		}
		ref["url"] = f.URLPrivate
	}
	return nil
}
