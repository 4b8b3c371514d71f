package probe

import (
	"fmt"
	"slices"
	"strings"
)

// haproxyLine is one line of an HAProxy configuration, with its section.
type haproxyLine struct {
	section, proxy string // for example backend and its name
	words          []string
	where          string
}

// parseHAProxy cuts an HAProxy configuration into lines of words
// (configuration.txt, 2.2, "Quoting and escaping").
func parseHAProxy(files confFiles, path string) (lines []haproxyLine) {
	text, err := files.read(path)
	if err != nil {
		return nil
	}
	section, proxy := "", ""
	number := 0
	for line := range strings.Lines(text) {
		number++
		words := haproxyWords(line)
		if len(words) == 0 {
			continue
		}
		where := fmt.Sprintf("%s:%d", path, number)
		switch words[0] {
		case "global", "defaults", "frontend", "backend", "listen", "peers", "resolvers", "userlist", "cache", "program", "ring", "mailers":
			section, proxy = words[0], ""
			if len(words) > 1 {
				proxy = words[1]
			}
			lines = append(lines, haproxyLine{section, proxy, words[:1], where})
		default:
			lines = append(lines, haproxyLine{section, proxy, words, where})
		}
	}
	return lines
}

// haproxyWords cuts a line into words: quotes group, a backslash escapes, #
// begins a comment.
func haproxyWords(line string) (words []string) {
	var b strings.Builder
	inWord := false
	quote := byte(0)
	flush := func() {
		if inWord {
			words = append(words, b.String())
		}
		b.Reset()
		inWord = false
	}
	for i := 0; i < len(line); i++ {
		c := line[i]
		switch {
		case c == '\\' && quote != '\'' && i+1 < len(line):
			i++
			b.WriteByte(line[i])
			inWord = true
		case quote != 0 && c == quote:
			quote = 0
		case quote == 0 && (c == '"' || c == '\''):
			quote, inWord = c, true
		case quote == 0 && c == '#':
			flush()
			return words
		case quote == 0 && strings.IndexByte(" \t\r\n", c) >= 0:
			flush()
		default:
			b.WriteByte(c)
			inWord = true
		}
	}
	flush()
	return words
}

// haproxyBinds are the bind lines with their TCP ports.
func haproxyBinds(lines []haproxyLine) (found []confListen) {
	for _, l := range lines {
		if l.words[0] != "bind" || len(l.words) < 2 {
			continue
		}
		for address := range strings.SplitSeq(l.words[1], ",") {
			if low, high, ok := listenPorts(address, 0); ok {
				found = append(found, confListen{low, high, l.where})
			}
		}
	}
	return found
}

// haproxyBackends are the servers of each backend and listen section, and each
// server alone as backend/server.
func haproxyBackends(lines []haproxyLine) (groups []confGroup) {
	var alone []confGroup
	for _, l := range lines {
		if l.section != "backend" && l.section != "listen" || l.proxy == "" {
			continue
		}
		if len(l.words) == 1 && (l.words[0] == "backend" || l.words[0] == "listen") {
			groups = append(groups, confGroup{name: l.proxy})
			continue
		}
		if l.words[0] != "server" || len(l.words) < 3 || len(groups) == 0 {
			continue
		}
		s := UpstreamServer{
			Name: new(clip(l.words[1], 200)), Address: new(clip(haproxyAddress(l.words[2]), 300)),
			Disabled: new(slices.Contains(l.words[3:], "disabled")), Where: new(l.where),
		}
		last := &groups[len(groups)-1]
		last.servers = append(last.servers, s)
		alone = append(alone, confGroup{l.proxy + "/" + l.words[1], []UpstreamServer{s}})
	}
	return append(groups, alone...)
}

// haproxyAddress leaves out the family in front of an address, as in
// ipv4@host:port (configuration.txt, 11).
func haproxyAddress(address string) string {
	for _, family := range []string{"ipv4@", "ipv6@", "tcp@", "tcp4@", "tcp6@"} {
		if rest, ok := strings.CutPrefix(address, family); ok {
			return rest
		}
	}
	return address
}
