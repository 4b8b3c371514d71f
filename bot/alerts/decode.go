package alerts

import (
	"bytes"
	"encoding/json"
	"errors"
	"net/http"
	"reflect"
	"strconv"
	"time"
	"unicode/utf8"
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

// decode reads JSON into v at bounded cost and names the field that does not fit.
func decode(body []byte, v any) error {
	if err := bounded(body); err != nil {
		return err
	}
	body = bytes.TrimPrefix(body, []byte("\xef\xbb\xbf"))
	err := json.Unmarshal(body, v)
	if err == nil {
		return nil
	}
	var syntax *json.SyntaxError
	var wrongType *json.UnmarshalTypeError
	switch {
	case errors.As(err, &wrongType):
		field := wrongType.Field
		if field == "" {
			field = "body"
		}
		return badField(field, "is %s, want %s", wrongType.Value, jsonName(wrongType.Type))
	case errors.As(err, &syntax):
		return badField("body", "is not JSON at byte %d: %v", syntax.Offset, syntax)
	}
	return badField("body", "is not JSON: %v", err)
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

// UnmarshalJSON accepts any JSON value but an object and an array; null is "".
func (t *text) UnmarshalJSON(raw []byte) error {
	switch raw[0] {
	case '"':
		if plain := raw[1 : len(raw)-1]; bytes.IndexByte(plain, '\\') < 0 && utf8.Valid(plain) {
			*t = text(plain) // as almost all are, and decoding it again would cost more than the rest
			return nil
		}
		return json.Unmarshal(raw, (*string)(t))
	case '{':
		return &json.UnmarshalTypeError{Value: "object", Type: reflect.TypeFor[text]()}
	case '[':
		return &json.UnmarshalTypeError{Value: "array", Type: reflect.TypeFor[text]()}
	}
	if string(raw) != "null" {
		*t = text(raw)
	}
	return nil
}

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
	if t.Year() < 1971 || t.Year() > 9999 {
		return time.Time{}
	}
	return t.UTC()
}
