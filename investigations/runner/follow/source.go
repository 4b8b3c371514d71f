package follow

import (
	"errors"
	"fmt"
	"net/netip"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// A Kind is where a source's lines come from.
type Kind string

// The kinds of sources.
const (
	File    Kind = "file"
	Journal Kind = "journal" // of one systemd unit
	Syslog  Kind = "syslog"  // a Unix datagram socket that is made
	UDP     Kind = "udp"     // syslog over UDP on loopback
)

// A Source is one log.
type Source struct {
	// Program wrote it, as the recogniser calls it: nginx, haproxy.
	Program string
	Kind    Kind
	// Where is a path, a unit, or address:port.
	Where string
}

// Usage is how sources are written, for help texts.
const Usage = "nginx=/var/log/nginx/error.log, haproxy=journal:haproxy.service, haproxy=syslog:/run/plexor/log.sock or haproxy=udp:127.0.0.1:5514"

var (
	programName = regexp.MustCompile(`^[a-z][a-z0-9-]{0,31}$`)
	unitName    = regexp.MustCompile(`^[A-Za-z0-9:_.@\\][A-Za-z0-9:_.@\\-]*$`) // systemd.unit(5): at most maxUnit long; no leading dash: it is an argument of journalctl
)

// maxUnit is the longest name of a unit, systemd.unit(5).
const maxUnit = 255

// maxSocketPath is the longest path of a Unix socket, in bytes (unix(7)).
const maxSocketPath = 107

// ParseSource reads PROGRAM=PATH, PROGRAM=journal:UNIT, PROGRAM=syslog:PATH or
// PROGRAM=udp:ADDRESS:PORT. UDP is for loopback alone: anybody could write to
// another address.
func ParseSource(text string) (Source, error) {
	program, where, _ := strings.Cut(text, "=")
	s := Source{Program: program, Kind: File, Where: where}
	for _, k := range []Kind{Journal, Syslog, UDP} {
		if rest, ok := strings.CutPrefix(where, string(k)+":"); ok {
			s.Kind, s.Where = k, rest
		}
	}
	if !programName.MatchString(program) || s.Where == "" {
		return Source{}, fmt.Errorf("log %q: write %s", text, Usage)
	}
	if err := s.check(); err != nil {
		return Source{}, fmt.Errorf("log %q: %w", text, err)
	}
	return s, nil
}

// ParseSources reads several, each of a program whose lines are known.
func ParseSources(texts, programs []string) ([]Source, error) {
	var all []Source
	for _, text := range texts {
		s, err := ParseSource(text)
		if err == nil && !slices.Contains(programs, s.Program) {
			err = fmt.Errorf("log %q: the lines of %s are not known; known are those of %s", text, s.Program, strings.Join(programs, ", "))
		}
		if err == nil && slices.Contains(all, s) {
			err = fmt.Errorf("log %q: it is there twice", text)
		}
		if err != nil {
			return nil, err
		}
		all = append(all, s)
	}
	return all, nil
}

func (s Source) check() error {
	switch s.Kind {
	case Journal:
		if len(s.Where) > maxUnit || !unitName.MatchString(s.Where) {
			return fmt.Errorf("%q is not the name of a systemd unit", s.Where)
		}
	case UDP:
		at, err := netip.ParseAddrPort(s.Where)
		if err != nil || !at.Addr().IsLoopback() || at.Port() == 0 {
			return fmt.Errorf("%q is not an address of loopback with a port, such as 127.0.0.1:5514", s.Where)
		}
	default:
		if !filepath.IsAbs(s.Where) || strings.ContainsRune(s.Where, 0) {
			return errors.New("a path begins at the root")
		}
		if s.Kind == Syslog && len(s.Where) > maxSocketPath {
			return fmt.Errorf("the path of a socket has at most %d bytes", maxSocketPath)
		}
	}
	return nil
}

// String writes the source as ParseSource reads it.
func (s Source) String() string {
	if s.Kind == File {
		return s.Program + "=" + s.Where
	}
	return s.Program + "=" + string(s.Kind) + ":" + s.Where
}
