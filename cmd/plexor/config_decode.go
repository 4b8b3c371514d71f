package main

import (
	"errors"
	"fmt"
	"reflect"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"
)

// decodeConfig reads YAML into a struct with yaml tags, strictly: an unknown
// field or a wrong type is an error with its line and what would be right. All
// errors of a file are told at once.
func decodeConfig(file string, text []byte, into any) error {
	var doc yaml.Node
	if err := yaml.Unmarshal(text, &doc); err != nil {
		return fmt.Errorf("%s: %w", file, err)
	}
	if len(doc.Content) == 0 {
		return nil
	}
	d := configDecoder{file: file, lines: map[string]int{}}
	d.value(doc.Content[0], reflect.ValueOf(into).Elem(), "")
	if c, ok := into.(*config); ok {
		c.places = places{file, d.lines}
	}
	return errors.Join(d.errs...)
}

type configDecoder struct {
	file  string
	lines map[string]int // of each path
	errs  []error
}

// places tells where the fields of a file stand.
type places struct {
	file  string
	lines map[string]int
}

// of is the file and line of a field, or of what it would stand in.
func (p places) of(field string) string {
	for path := field; path != ""; path = path[:max(0, strings.LastIndexAny(path, ".["))] {
		if n := p.lines[path]; n > 0 {
			return fmt.Sprintf("%s:%d: ", p.file, n)
		}
	}
	if p.file == "" {
		return ""
	}
	return p.file + ": "
}

func (d *configDecoder) fail(n *yaml.Node, path, format string, args ...any) {
	where := fmt.Sprintf("%s:%d", d.file, n.Line)
	if path != "" {
		where += ": " + path
	}
	d.errs = append(d.errs, fmt.Errorf("%s: %s", where, fmt.Sprintf(format, args...)))
}

func (d *configDecoder) value(n *yaml.Node, v reflect.Value, path string) {
	d.lines[path] = n.Line
	if n.Kind == yaml.AliasNode {
		d.fail(n, path, "aliases are not used here")
		return
	}
	if n.Tag == "!!null" {
		return
	}
	switch {
	case v.Type() == reflect.TypeFor[duration]():
		d.scalar(n, path, "a duration such as 90d, 12h or 30s", func(s string) error {
			t, err := parseDuration(s)
			v.SetInt(int64(t))
			return err
		})
	case v.Type() == reflect.TypeFor[size]():
		d.scalar(n, path, "a size such as 500MB or 2GB", func(s string) error {
			b, err := parseSize(s)
			v.SetInt(b)
			return err
		})
	case v.Kind() == reflect.Struct:
		d.object(n, v, path)
	case v.Kind() == reflect.Map:
		d.mapping(n, v, path)
	case v.Kind() == reflect.Slice:
		d.list(n, v, path)
	default:
		d.plain(n, v, path)
	}
}

func (d *configDecoder) scalar(n *yaml.Node, path, want string, set func(string) error) {
	if n.Kind != yaml.ScalarNode {
		d.fail(n, path, "it is %s", want)
		return
	}
	if err := set(n.Value); err != nil {
		d.fail(n, path, "it is %s, not %q", want, n.Value)
	}
}

func (d *configDecoder) plain(n *yaml.Node, v reflect.Value, path string) {
	switch v.Kind() {
	case reflect.String:
		d.scalar(n, path, "a text", func(s string) error { v.SetString(s); return nil })
	case reflect.Bool:
		d.scalar(n, path, "true or false", func(s string) error {
			b, err := strconv.ParseBool(s)
			v.SetBool(b)
			return err
		})
	default:
		d.scalar(n, path, "a whole number", func(s string) error {
			i, err := strconv.ParseInt(s, 10, 64)
			v.SetInt(i)
			return err
		})
	}
}

func (d *configDecoder) object(n *yaml.Node, v reflect.Value, path string) {
	if n.Kind != yaml.MappingNode {
		d.fail(n, path, "it has fields: %s", strings.Join(fieldNames(v.Type()), ", "))
		return
	}
	seen := map[string]bool{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		k := n.Content[i]
		f, ok := fieldByTag(v, k.Value)
		switch {
		case !ok:
			d.fail(k, path, "there is no field %q%s", k.Value, nearestField(k.Value, fieldNames(v.Type())))
		case seen[k.Value]:
			d.fail(k, path, "%q stands there twice", k.Value)
		default:
			seen[k.Value] = true
			d.value(n.Content[i+1], f, strings.TrimPrefix(path+"."+k.Value, "."))
		}
	}
}

func nearestField(word string, known []string) string {
	for _, k := range known {
		if edits(word, k) <= 2 {
			return fmt.Sprintf(", did you mean %q?", k)
		}
	}
	return "; there are " + strings.Join(known, ", ")
}

func (d *configDecoder) mapping(n *yaml.Node, v reflect.Value, path string) {
	if n.Kind != yaml.MappingNode {
		d.fail(n, path, "it is a mapping of names to values")
		return
	}
	m := reflect.MakeMap(v.Type())
	for i := 0; i+1 < len(n.Content); i += 2 {
		e := reflect.New(v.Type().Elem()).Elem()
		d.value(n.Content[i+1], e, path+"."+n.Content[i].Value)
		m.SetMapIndex(reflect.ValueOf(n.Content[i].Value), e)
	}
	v.Set(m)
}

func (d *configDecoder) list(n *yaml.Node, v reflect.Value, path string) {
	if n.Kind != yaml.SequenceNode {
		d.fail(n, path, "it is a list")
		return
	}
	for i, c := range n.Content {
		e := reflect.New(v.Type().Elem()).Elem()
		d.value(c, e, fmt.Sprintf("%s[%d]", path, i))
		v.Set(reflect.Append(v, e))
	}
}

func fieldByTag(v reflect.Value, name string) (reflect.Value, bool) {
	for i := range v.NumField() {
		if f := v.Type().Field(i); f.IsExported() && f.Tag.Get("yaml") == name {
			return v.Field(i), true
		}
	}
	return reflect.Value{}, false
}

func fieldNames(t reflect.Type) (names []string) {
	for i := range t.NumField() {
		if name := t.Field(i).Tag.Get("yaml"); name != "" {
			names = append(names, name)
		}
	}
	return names
}

// parseDuration is time.ParseDuration with days (d) and weeks (w).
func parseDuration(s string) (time.Duration, error) {
	for unit, hours := range map[string]int{"d": 24, "w": 7 * 24} {
		if n, ok := strings.CutSuffix(s, unit); ok {
			days, err := strconv.Atoi(n)
			if err != nil || days < 0 || days > 36500 {
				return 0, errors.New("not a duration")
			}
			return time.Duration(days*hours) * time.Hour, nil
		}
	}
	return time.ParseDuration(s)
}

func parseSize(s string) (int64, error) {
	units := []struct {
		suffix string
		bytes  int64
	}{{"KB", 1 << 10}, {"MB", 1 << 20}, {"GB", 1 << 30}, {"B", 1}, {"", 1}}
	for _, u := range units {
		if n, ok := strings.CutSuffix(s, u.suffix); ok {
			v, err := strconv.ParseInt(strings.TrimSpace(n), 10, 64)
			if err != nil || v < 0 || v > 1<<50 {
				return 0, errors.New("not a size")
			}
			return v * u.bytes, nil
		}
	}
	return 0, errors.New("not a size")
}
