package probe

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// unitDirs are where systemd looks for units of the system, the first wins
// (systemd.unit(5), "Unit File Load Path").
var unitDirs = []string{
	"/etc/systemd/system", "/run/systemd/system", "/run/systemd/generator", "/usr/local/lib/systemd/system",
	"/usr/lib/systemd/system", "/lib/systemd/system", "/run/systemd/generator.late",
}

// setting is one assignment in a unit's files.
type setting struct {
	section, key, value string
	where               string // the file
}

// unitFile is a unit with its file and drop-ins.
type unitFile struct {
	name  string
	texts []unitText
}

// unitText is one file, parsed when something is asked of it: most units have
// nothing to do with a port.
type unitText struct{ path, text string }

// readUnits reads the services and sockets of this host that could be started.
func readUnits(files confFiles, dirs []string) (units []unitFile) {
	index := map[string]int{}        // of a unit by its name
	dropIns := map[string][]string{} // directories by the name of their unit
	for _, dir := range dirs {
		entries, err := os.ReadDir(dir)
		if err != nil {
			continue
		}
		for _, e := range entries {
			path := filepath.Join(dir, e.Name())
			name, isDropIn := strings.CutSuffix(e.Name(), ".d")
			_, seen := index[name] // one that is masked hides those behind it
			switch service := strings.HasSuffix(name, ".service") || strings.HasSuffix(name, ".socket"); {
			case service && isDropIn:
				dropIns[name] = append(dropIns[name], path)
			case service && !seen:
				index[name] = -1
				if text, err := files.read(path); err == nil {
					index[name] = len(units)
					units = append(units, unitFile{name, []unitText{{path, text}}})
				}
			}
		}
	}
	for name, list := range dropIns {
		if i, ok := index[name]; ok && i >= 0 {
			units[i].texts = append(units[i].texts, readDropIns(files, list)...)
		}
	}
	return units
}

func readDropIns(files confFiles, dirs []string) (texts []unitText) {
	for _, dir := range dirs {
		entries, _ := os.ReadDir(dir)
		for _, e := range entries {
			path := filepath.Join(dir, e.Name())
			if text, err := files.read(path); err == nil && strings.HasSuffix(path, ".conf") {
				texts = append(texts, unitText{path, text})
			}
		}
	}
	return texts
}

// continued joins the lines that end with a backslash.
var continued = strings.NewReplacer("\\\r\n", " ", "\\\n", " ")

// parseUnit reads a unit file (systemd.syntax(7)).
func parseUnit(text, where string) (settings []setting) {
	section := ""
	text = continued.Replace(text)
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		switch {
		case line == "" || line[0] == '#' || line[0] == ';':
		case line[0] == '[' && line[len(line)-1] == ']':
			section = line[1 : len(line)-1]
		default:
			if key, value, ok := strings.Cut(line, "="); ok {
				settings = append(settings, setting{section, strings.TrimSpace(key), strings.TrimSpace(value), where})
			}
		}
	}
	return settings
}

// settings are all that the unit's files set, in order.
func (u unitFile) settings() (all []setting) {
	for _, t := range u.texts {
		all = append(all, parseUnit(t.text, t.path)...)
	}
	return all
}

// values are those of a key, in order; an empty one takes back those before.
func values(all []setting, section, key string) (list []setting) {
	for _, s := range all {
		switch {
		case s.section != section || s.key != key:
		case s.value == "":
			list = nil
		default:
			list = append(list, s)
		}
	}
	return list
}

// mentions says if a number stands anywhere in the unit's files.
func (u unitFile) mentions(number string) bool {
	return slices.ContainsFunc(u.texts, func(t unitText) bool { return strings.Contains(t.text, number) })
}

// socketOn is the setting by which a socket unit listens on a TCP port.
func (u unitFile) socketOn(port uint16) (setting, bool) {
	if !strings.HasSuffix(u.name, ".socket") || !u.mentions(strconv.Itoa(int(port))) {
		return setting{}, false
	}
	for _, s := range values(u.settings(), "Socket", "ListenStream") {
		if low, _, ok := listenPorts(s.value, 0); ok && low == port {
			return s, true
		}
	}
	return setting{}, false
}

// activates is the service that a socket unit starts.
func (u unitFile) activates() string {
	all := u.settings()
	if s := values(all, "Socket", "Service"); len(s) > 0 {
		return s[len(s)-1].value
	}
	for _, s := range values(all, "Socket", "Accept") {
		if slices.Contains([]string{"yes", "true", "on", "1"}, s.value) {
			return ""
		}
	}
	return strings.TrimSuffix(u.name, ".socket") + ".service"
}

// commandWith is the setting in which a service's command or environment
// names a port as one that it may listen on. One that runs to its end (oneshot,
// systemd.service(5)) holds none.
func (u unitFile) commandWith(port uint16) (setting, bool) {
	if !strings.HasSuffix(u.name, ".service") || !u.mentions(strconv.Itoa(int(port))) {
		return setting{}, false
	}
	all := u.settings()
	if kind := values(all, "Service", "Type"); len(kind) > 0 && kind[len(kind)-1].value == "oneshot" {
		return setting{}, false
	}
	for _, s := range slices.Concat(values(all, "Service", "ExecStart"), values(all, "Service", "Environment")) {
		if namesPort(s.value, port) {
			return s, true
		}
	}
	return setting{}, false
}

// portContext is what has to stand before a number, other than a colon, for it
// to be a port: an option or a variable that says so.
var portContext = regexp.MustCompile(`(?i)(?:port|listen|bind|addr(?:ess)?|(?:^|\s)-[pl])["']?[=\s]*$`)

// clientContext is what stands before a port that a program connects to: an
// option (--upstream) or a variable (DB_PORT=) that says so, or a URL.
var clientContext = func() *regexp.Regexp {
	const words = `(?:upstream|target|remote|connect|backend|scrape|database|db|redis|mysql|postgres|pg|mongo|kafka|amqp|broker|` +
		`forward|peer|join|check|probe|push|dest)`
	return regexp.MustCompile(`(?i)(?:^|[\s"'])(?:-{1,2}[\w.-]*` + words + `[\w.-]*[=\s]+|\w*` + words + `\w*=)\S*$|://\S*$`)
}()

// serverURL is a URL at which a program serves: all addresses, or an option that
// says so.
var serverURL = regexp.MustCompile(`(?i)(?:listen|bind|urls|serve)[\w.-]*[=\s]+\S*$|://(?:0\.0\.0\.0|\[::\]|\*|\+):$`)

// atClient says if what stands before a port says that the program connects to
// it, and not that it listens there.
func atClient(before string) bool {
	return clientContext.MatchString(before) && !serverURL.MatchString(before)
}

// namesPort says if a command line names a port: after a colon, or after an
// option that announces one, or as an argument of its own if it is too large to
// be much else.
func namesPort(line string, port uint16) bool {
	number := strconv.Itoa(int(port))
	for start := 0; ; {
		i := strings.Index(line[start:], number)
		if i < 0 {
			return false
		}
		i += start
		start = i + len(number)
		before, after := line[:i], line[start:]
		if after != "" && !strings.ContainsRune(" \t\"',;/]", rune(after[0])) {
			continue
		}
		alone := before == "" || strings.ContainsRune(" \t\"'", rune(before[len(before)-1]))
		if (strings.HasSuffix(before, ":") || portContext.MatchString(before) || alone && port >= 1024) && !atClient(before) {
			return true
		}
	}
}
