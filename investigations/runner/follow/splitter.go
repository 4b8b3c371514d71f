package follow

import "bytes"

// maxLine is how much of a line is kept, in bytes. Recognisers read no more.
const maxLine = 16 << 10

// splitter cuts what is read into lines.
type splitter struct {
	take  func(line []byte) // without its end; valid during the call
	line  []byte            // begun
	begun int64             // bytes read of the line that is not at its end yet
	over  bool              // it is too long, and was handed on
}

// write takes the next bytes.
func (s *splitter) write(chunk []byte) {
	for len(chunk) > 0 {
		if s.begun == 0 || len(s.line) == 0 && !s.over {
			// A file that was truncated under a writer that does not append begins with a hole.
			rest := bytes.TrimLeft(chunk, "\x00")
			s.begun += int64(len(chunk) - len(rest))
			if chunk = rest; len(chunk) == 0 {
				return
			}
		}
		end := bytes.IndexByte(chunk, '\n')
		if end < 0 {
			s.more(chunk)
			return
		}
		s.end(chunk[:end])
		chunk = chunk[end+1:]
	}
}

// more takes a part of a line.
func (s *splitter) more(part []byte) {
	s.begun += int64(len(part))
	if s.over {
		return
	}
	s.line = append(s.line, part[:min(len(part), maxLine-len(s.line))]...)
	if len(s.line) == maxLine { // its end may never come
		s.over = true
		s.take(s.line)
	}
}

// end takes the last part of a line.
func (s *splitter) end(part []byte) {
	switch {
	case s.over:
	case len(s.line) == 0:
		s.take(part[:min(len(part), maxLine)])
	default:
		s.more(part)
		if !s.over {
			s.take(s.line)
		}
	}
	s.drop()
}

// flush hands on a line that will have no end.
func (s *splitter) flush() {
	if len(s.line) > 0 && !s.over {
		s.take(s.line)
	}
	s.drop()
}

// skip drops what comes up to the end of the line.
func (s *splitter) skip() {
	s.drop()
	s.over = true
}

// drop forgets the line that was begun.
func (s *splitter) drop() { s.line, s.begun, s.over = s.line[:0], 0, false }
