package hub

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// serverLog is the hub as the server's log. What concerns one connection goes
// into the audit, where a runner cannot flood it; what the server notices by
// itself nobody needs.
type serverLog Hub

// Noticef and the others are those of server.Logger.
func (l *serverLog) Noticef(format string, v ...any) { l.log.Debug(line(format, v)) }
func (l *serverLog) Debugf(string, ...any)           {}
func (l *serverLog) Tracef(string, ...any)           {}
func (l *serverLog) Warnf(format string, v ...any)   { l.log.Warn(line(format, v)) }
func (l *serverLog) Fatalf(format string, v ...any)  { l.log.Error(line(format, v)) }

// Errorf is about a connection where the line has the server's id of one.
func (l *serverLog) Errorf(format string, v ...any) {
	text := line(format, v)
	id, ok := connection(text)
	if !ok {
		l.log.Warn(text)
		return
	}
	l.log.Debug(text)
	if strings.Contains(format, "Violation - Subject") {
		_, what, _ := strings.Cut(text, "Violation - ")
		(*Hub)(l).forbidden(id, what)
	}
}

// connectionID is how the server names a connection, before anything that the
// other side says of itself.
var connectionID = regexp.MustCompile(` - cid:([0-9]+)\b`)

func connection(text string) (uint64, bool) {
	m := connectionID.FindStringSubmatch(text)
	if m == nil {
		return 0, false
	}
	id, err := strconv.ParseUint(m[1], 10, 64)
	return id, err == nil
}

// forbidden audits a key that tried a subject that is not its own.
func (h *Hub) forbidden(id uint64, what string) {
	h.mu.Lock()
	by := ""
	for name, p := range h.here {
		if p.conns[id] {
			by = name
		}
	}
	h.mu.Unlock()
	h.audit(by, Forbidden, fmt.Sprintf("%.200s", what))
}

func line(format string, v []any) string {
	return "runner server: " + strings.TrimSpace(fmt.Sprintf(format, v...))
}
