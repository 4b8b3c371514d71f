package probe

import (
	"fmt"
	"net"
	"path/filepath"
	"slices"
	"strings"
)

// directive is one of an nginx configuration: a name, its arguments, and the
// block that follows, if one does.
type directive struct {
	words []string
	block []directive
	where string // file:line
}

func (d directive) name() string { return d.words[0] }

// args are the directive's arguments.
func (d directive) args() []string { return d.words[1:] }

// walk calls visit for a directive and all inside it.
func walk(list []directive, visit func(directive)) {
	for _, d := range list {
		visit(d)
		walk(d.block, visit)
	}
}

// nginxToken is a word, or one of ; { }.
type nginxToken struct {
	text string
	word bool
	line int
}

// nginxTokens cuts a configuration into tokens: words are separated by space,
// quoted with ' or ", and # begins a comment (ngx_conf_read_token).
func nginxTokens(text string) (tokens []nginxToken) {
	line := 1
	for i := 0; i < len(text); {
		switch c := text[i]; {
		case c == '\n':
			line++
			i++
		case c == ' ' || c == '\t' || c == '\r':
			i++
		case c == '#':
			for i < len(text) && text[i] != '\n' {
				i++
			}
		case c == ';' || c == '{' || c == '}':
			tokens = append(tokens, nginxToken{string(c), false, line})
			i++
		default:
			word, n := nginxWord(text[i:])
			tokens = append(tokens, nginxToken{word, true, line})
			line += strings.Count(text[i:i+n], "\n")
			i += n
		}
	}
	return tokens
}

// nginxWord reads one word, and says how many bytes it takes. ${name} is part
// of a word.
func nginxWord(text string) (word string, n int) {
	if quote := text[0]; quote == '"' || quote == '\'' {
		var b strings.Builder
		for n = 1; n < len(text) && text[n] != quote; n++ {
			if text[n] == '\\' && n+1 < len(text) {
				n++
			}
			b.WriteByte(text[n])
		}
		return b.String(), min(n+1, len(text))
	}
	for n < len(text) && !strings.ContainsRune(" \t\r\n;{}", rune(text[n])) {
		if text[n] == '\\' {
			n++
		} else if strings.HasPrefix(text[n:], "${") {
			for n < len(text)-1 && text[n] != '}' {
				n++
			}
		}
		n++
	}
	n = min(n, len(text))
	return text[:n], max(n, 1)
}

// nginxParser reads a configuration with the files that it includes.
type nginxParser struct {
	files  confFiles
	prefix string // of relative includes
}

// parseNginx reads an nginx configuration. What cannot be read is left out.
func parseNginx(files confFiles, path string) []directive {
	p := nginxParser{files, filepath.Dir(path)}
	return p.file(path, 0)
}

const maxDepth = 16 // of blocks and of includes

func (p nginxParser) file(path string, depth int) []directive {
	text, err := p.files.read(path)
	if err != nil || depth > maxDepth {
		return nil
	}
	tokens := nginxTokens(text)
	list, _ := p.block(path, tokens, depth)
	return list
}

// block reads directives until a } or the end, and returns what is left.
func (p nginxParser) block(path string, tokens []nginxToken, depth int) (list []directive, rest []nginxToken) {
	var d directive
	for len(tokens) > 0 {
		t := tokens[0]
		tokens = tokens[1:]
		switch {
		case t.word:
			if len(d.words) == 0 {
				d.where = fmt.Sprintf("%s:%d", path, t.line)
			}
			d.words = append(d.words, t.text)
			continue
		case t.text == "}":
			return list, tokens
		case t.text == "{":
			var inner []directive
			if depth > maxDepth {
				return list, nil
			}
			inner, tokens = p.block(path, tokens, depth+1)
			d.block = inner
		}
		if len(d.words) > 0 {
			list = append(list, p.included(d, depth)...)
		}
		d = directive{}
	}
	return list, nil
}

// included is the directive, or what it includes.
func (p nginxParser) included(d directive, depth int) []directive {
	if d.name() != "include" || len(d.words) != 2 {
		return []directive{d}
	}
	pattern := d.words[1]
	if !filepath.IsAbs(pattern) {
		pattern = filepath.Join(p.prefix, pattern)
	}
	var list []directive
	for _, path := range p.files.glob(pattern) {
		list = append(list, p.file(path, depth+1)...)
	}
	return list
}

// nginxListens are the listen directives with their TCP ports.
func nginxListens(list []directive) (found []confListen) {
	walk(list, func(d directive) {
		if d.name() != "server" {
			return
		}
		for _, l := range d.block {
			if l.name() != "listen" || len(l.words) < 2 || slices.Contains(l.words, "udp") || slices.Contains(l.words, "quic") {
				continue
			}
			if low, high, ok := listenPorts(l.words[1], 80); ok {
				found = append(found, confListen{low, high, l.where})
			}
		}
	})
	return found
}

// passes are the directives that name where requests go.
var passes = []string{"proxy_pass", "fastcgi_pass", "uwsgi_pass", "scgi_pass", "grpc_pass"}

// nginxUpstreams are the groups of servers of a configuration: its upstream
// blocks, and what is proxied to directly, under its host and under host:port.
func nginxUpstreams(list []directive) (groups []confGroup) {
	walk(list, func(d directive) {
		if d.name() == "upstream" && len(d.words) == 2 {
			groups = append(groups, confGroup{d.words[1], nginxServers(d.block)})
		}
	})
	upstreams := map[string]bool{}
	for _, g := range groups {
		upstreams[g.name] = true
	}
	walk(list, func(d directive) {
		if !slices.Contains(passes, d.name()) || len(d.words) < 2 {
			return
		}
		address, ok := passAddress(d.words[1])
		host, _, err := net.SplitHostPort(address)
		if !ok || err != nil || upstreams[host] {
			return
		}
		server := UpstreamServer{Address: new(address), Where: new(d.where), Disabled: new(false)}
		for _, name := range []string{host, address} {
			groups = append(groups, confGroup{name, []UpstreamServer{server}})
		}
	})
	return groups
}

// nginxServers are the server lines of an upstream.
func nginxServers(block []directive) (servers []UpstreamServer) {
	for _, d := range block {
		if d.name() != "server" || len(d.words) < 2 {
			continue
		}
		address := d.words[1]
		if !strings.HasPrefix(address, "unix:") {
			address = withPort(address, "80")
		}
		servers = append(servers, UpstreamServer{
			Address: new(clip(address, 300)), Disabled: new(slices.Contains(d.args(), "down")), Where: new(d.where),
		})
	}
	return servers
}

// passAddress is host:port of an address to proxy to; false for one with
// variables and for a unix socket.
func passAddress(pass string) (string, bool) {
	port := "80"
	if scheme, rest, ok := strings.Cut(pass, "://"); ok {
		pass = rest
		if scheme == "https" || scheme == "grpcs" {
			port = "443"
		}
	}
	pass, _, _ = strings.Cut(pass, "/")
	if pass == "" || strings.HasPrefix(pass, "unix:") || strings.Contains(pass, "$") {
		return "", false
	}
	return clip(withPort(pass, port), 300), true
}
