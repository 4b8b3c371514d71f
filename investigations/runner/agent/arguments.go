package agent

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
)

// addressFields must hold an address or nothing; nameFields may hold one.
// encoding/json takes field names in any case, so they are compared so.
var (
	addressFields = []string{"address", "addresses", "destination", "source"}
	nameFields    = []string{"name", "host", "hosts", "target", "targets", "url", "server", "servers", "endpoint", "endpoints", "gateway"}
)

func among(fields []string, key string) bool {
	return slices.ContainsFunc(fields, func(f string) bool { return strings.EqualFold(f, key) })
}

// walk shows every value in args that is no object and no list, with the name of
// the field that it stands in, to see: a string, or nil for null, or anything
// else. It reads tokens, so that of two fields of one name it sees both.
func walk(args json.RawMessage, see func(field string, v any) error) error {
	if len(args) == 0 {
		return nil
	}
	d := jsontext.NewDecoder(bytes.NewReader(args), jsontext.AllowDuplicateNames(true))
	fields := []string{""} // of the value that is read, and of those around it
	for {
		token, err := d.ReadToken()
		if err != nil {
			return &Refusal{"its arguments cannot be read"}
		}
		around, n := d.StackIndex(d.StackDepth())
		switch token.Kind() {
		case jsontext.KindBeginObject, jsontext.KindBeginArray:
			fields = append(fields, fields[len(fields)-1])
		case jsontext.KindEndObject, jsontext.KindEndArray:
			fields = fields[:len(fields)-1]
		case jsontext.KindString:
			if around == jsontext.KindBeginObject && n%2 == 1 {
				fields[len(fields)-1] = token.String()
				continue
			}
			err = see(fields[len(fields)-1], token.String())
		case jsontext.KindNull:
			err = see(fields[len(fields)-1], nil)
		default:
			err = see(fields[len(fields)-1], token)
		}
		if err != nil || d.StackDepth() == 0 {
			return err
		}
	}
}

// argument judges one value of a request's arguments.
func (p Policy) argument(field string, v any) error {
	text, isText := v.(string)
	mustBe := among(addressFields, field)
	if mustBe && (v == nil || isText && text == "") {
		return nil
	}
	if !isText {
		if mustBe {
			return &Refusal{fmt.Sprintf("%s is not written as an address", field)}
		}
		return nil
	}
	ip, err := netip.ParseAddr(text)
	switch {
	case err == nil && strings.EqualFold(field, "source"):
		return p.source(ip)
	case err == nil:
		return p.target(ip)
	case mustBe:
		return &Refusal{fmt.Sprintf("%s %.64q is not an address in its usual form", field, text)}
	case among(nameFields, field):
		ip, err = loose(text)
	default:
		ip, err = strict(text)
	}
	if err != nil {
		return nil // a name, a unit, a word: no address
	}
	return p.target(ip)
}

// source judges an address that packets would come from: no packet is sent to
// it, so that the host's list of targets does not matter.
func (p Policy) source(ip netip.Addr) error {
	return Policy{}.target(ip)
}
