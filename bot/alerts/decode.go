package alerts

import (
	"bytes"
	"errors"
	"net/http"
	"reflect"
	"strconv"
	"strings"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// Bounds of a request.
const (
	// MaxBody is the largest body that is read, in bytes.
	MaxBody = 4 << 20
	// MaxAlerts is the largest number of alerts in a body.
	MaxAlerts = 4000
	maxDepth  = 64
	// What is decoded costs many times its bytes in memory, so the parts are counted first: 4000 alerts with 50 values each.
	maxObjects = 50_000
	maxValues  = 200_000
)

// lenient reads what senders write: names in any case, twice, and text that is
// not UTF-8 all pass, as with encoding/json.
var lenient = json.JoinOptions(jsontext.AllowInvalidUTF8(true), jsontext.AllowDuplicateNames(true), json.MatchCaseInsensitiveNames(true))

// decode reads JSON into v at bounded cost and names the field that does not fit. It is done by the second version of
// encoding/json, which is in Go's library from 1.27 on: it takes a third of the first one's time and memory.
func decode(body []byte, v any) error {
	if err := bounded(body); err != nil {
		return err
	}
	body = bytes.TrimPrefix(body, []byte("\xef\xbb\xbf"))
	err := json.Unmarshal(body, v, lenient)
	if err == nil {
		return nil
	}
	if wrong, ok := errors.AsType[*json.SemanticError](err); ok {
		return badField(fieldName(wrong.JSONPointer), "is %s, want %s", kindName(wrong.JSONKind), jsonName(wrong.GoType))
	}
	if syntax, ok := errors.AsType[*jsontext.SyntacticError](err); ok {
		return badField("body", "is not JSON at byte %d: %v", syntax.ByteOffset, syntax.Err)
	}
	return badField("body", "is not JSON: %v", err)
}

// fieldName writes a JSON pointer as people do: alerts[0].labels.
func fieldName(p jsontext.Pointer) string {
	var b strings.Builder
	for name := range p.Tokens() {
		if _, err := strconv.ParseUint(name, 10, 32); err == nil && b.Len() > 0 {
			b.WriteString("[" + name + "]")
			continue
		}
		if b.Len() > 0 {
			b.WriteByte('.')
		}
		b.WriteString(name)
	}
	if b.Len() == 0 {
		return "body"
	}
	return oneLine(b.String(), maxLabelName)
}

func kindName(k jsontext.Kind) string {
	switch k {
	case jsontext.KindNull:
		return "null"
	case jsontext.KindFalse, jsontext.KindTrue:
		return "a boolean"
	case jsontext.KindString:
		return "a string"
	case jsontext.KindNumber:
		return "a number"
	case jsontext.KindBeginObject:
		return "an object"
	}
	return "an array"
}

func bounded(body []byte) error {
	switch {
	case len(body) > MaxBody:
		return withStatus(http.StatusRequestEntityTooLarge, "body", "is larger than 4 MB")
	case len(bytes.TrimSpace(body)) == 0:
		return badField("body", "is empty")
	}
	return countParts(body)
}

// countParts looks at the punctuation only, so that a body made to exhaust the decoder never reaches it.
func countParts(body []byte) error {
	depth, objects, values, quoted := 0, 0, 0, false
	for i := 0; i < len(body); i++ {
		switch c := body[i]; {
		case quoted && c == '\\':
			i++
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == '{' || c == '[':
			objects++
			if depth++; depth > maxDepth {
				return badField("body", "is nested deeper than %d levels", maxDepth)
			}
		case c == '}' || c == ']':
			depth--
		case c == ',':
			values++
		}
	}
	if objects > maxObjects || values > maxValues {
		return withStatus(http.StatusRequestEntityTooLarge, "body", "has more than 50,000 objects or 200,000 values")
	}
	return nil
}

func jsonName(t reflect.Type) string {
	switch t.Kind() {
	case reflect.Struct, reflect.Map, reflect.Pointer:
		if t == reflect.TypeFor[text]() {
			return "a string"
		}
		return "an object"
	case reflect.Slice, reflect.Array:
		return "an array"
	case reflect.String:
		return "a string"
	case reflect.Bool:
		return "true or false"
	}
	return "a number"
}

// text is a string that some senders write as a number or a boolean.
type text string

// UnmarshalJSONFrom accepts any JSON value but an object and an array; null is "".
func (t *text) UnmarshalJSONFrom(d *jsontext.Decoder) error {
	switch k := d.PeekKind(); k {
	case jsontext.KindBeginObject, jsontext.KindBeginArray:
		return &json.SemanticError{JSONKind: k, GoType: reflect.TypeFor[text](), Err: errors.New("not a string")}
	}
	token, err := d.ReadToken()
	if err == nil && token.Kind() != jsontext.KindNull {
		*t = text(token.String())
	}
	return err
}

// UnmarshalJSON is the same for encoding/json.
func (t *text) UnmarshalJSON(raw []byte) error { return json.Unmarshal(raw, t, lenient) }

// instant reads RFC 3339, CloudWatch's "+0000" variant, and seconds or milliseconds since 1970. Empty is the zero time.
func instant(s string) (time.Time, bool) {
	if s == "" {
		return time.Time{}, true
	}
	for _, layout := range []string{time.RFC3339Nano, "2006-01-02T15:04:05.999-0700", "2006-01-02 15:04:05.999"} {
		if t, err := time.Parse(layout, s); err == nil {
			return sane(t), true
		}
	}
	n, err := strconv.ParseFloat(s, 64)
	if err != nil || n < 0 || n > 1e14 {
		return time.Time{}, false
	}
	if n > 1e11 {
		n /= 1000
	}
	return sane(time.Unix(int64(n), 0).UTC()), true
}

// sane drops times that stand for "none", such as Alertmanager's year 1.
func sane(t time.Time) time.Time {
	t = t.UTC()
	if t.Year() < 1971 || t.Year() > 9999 { // in UTC, in which it is written down
		return time.Time{}
	}
	return t
}
