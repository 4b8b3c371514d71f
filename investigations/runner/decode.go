package runner

import (
	"errors"
	"fmt"
	"net/netip"
	"unicode/utf8"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	jsonv1 "github.com/go-json-experiment/json/v1"
)

// ErrTooLarge says that a frame is larger than MaxFrame.
var ErrTooLarge = fmt.Errorf("frame larger than %d bytes", MaxFrame)

// VersionError says that a frame is of another protocol version.
type VersionError struct {
	Got int
}

func (e *VersionError) Error() string {
	return fmt.Sprintf("frame of protocol version %d: only %d is spoken here", e.Got, Version)
}

// Frames are encoded and decoded by the second version of encoding/json, which
// is in Go's library from 1.27 on: it was the dearest part of a quick check.
var (
	writing = json.JoinOptions(jsonv1.OmitEmptyWithLegacySemantics(true), json.FormatNilSliceAsNull(true), jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true))
	reading = json.RejectUnknownMembers(true)
)

// Encode makes the message of a frame, with this program's version.
func Encode(f Frame) ([]byte, error) {
	f.V = Version
	data, err := json.Marshal(&f, writing)
	if err != nil {
		return nil, fmt.Errorf("encode %s frame: %w", f.Kind, err)
	}
	if len(data) > MaxFrame {
		return nil, fmt.Errorf("encode %s frame of %d bytes: %w", f.Kind, len(data), ErrTooLarge)
	}
	return data, nil
}

// Decode reads a frame strictly: of this version (VersionError), of bounded
// size (ErrTooLarge), without unknown fields, with what its kind needs and
// nothing else.
func Decode(data []byte) (Frame, error) {
	if len(data) > MaxFrame {
		return Frame{}, ErrTooLarge
	}
	if !utf8.Valid(data) {
		return Frame{}, errors.New("frame is not UTF-8")
	}
	var f Frame
	err := json.Unmarshal(data, &f, reading)
	if f.V != Version || err != nil {
		if err := checkVersion(data); err != nil {
			return Frame{}, err
		}
	}
	if err != nil {
		return Frame{}, fmt.Errorf("frame: %w", err)
	}
	if err := f.check(); err != nil {
		return Frame{}, fmt.Errorf("%.20s frame: %w", f.Kind, err)
	}
	return f, nil
}

// checkVersion looks at the version alone: what another one knows is no mistake.
func checkVersion(data []byte) error {
	var head struct {
		V *int `json:"v"`
	}
	if err := json.Unmarshal(data, &head); err != nil {
		return fmt.Errorf("frame: %w", err)
	}
	switch {
	case head.V == nil:
		return errors.New("frame without version")
	case *head.V != Version:
		return &VersionError{Got: *head.V}
	}
	return nil
}

// check holds a frame against what its kind may carry.
func (f *Frame) check() error {
	want, ok := carries[f.Kind]
	if !ok {
		return errors.New("unknown kind")
	}
	about := f.Check != "" || f.Investigation != ""
	got := load{
		id: f.ID != "", about: about || want.about, hello: f.Hello != nil, welcome: f.Welcome != nil,
		probe: f.Probe != nil, answer: f.Answer != nil, raise: f.Raise != nil, err: f.Error != "",
	}
	if got != want {
		return errors.New("lacks a part, or has one of another kind")
	}
	if len(f.ID) > 64 || len(f.Investigation) > 64 || len(f.Check) > 128 {
		return errors.New("id too long")
	}
	switch {
	case f.Hello != nil:
		return f.Hello.check()
	case f.Probe != nil:
		return f.Probe.check()
	case len(f.Raise) > MaxRaise:
		return errors.New("payload too large")
	}
	return nil
}

// load says which parts a frame has. About, the investigation and its check, may
// be left out where it may be given.
type load struct{ id, about, hello, welcome, probe, answer, raise, err bool }

var carries = map[Kind]load{
	KindHello:    {id: true, hello: true},
	KindPulse:    {id: true},
	KindArmed:    {id: true, about: true},
	KindAnswer:   {id: true, about: true, answer: true},
	KindRaise:    {id: true, raise: true},
	KindWelcome:  {welcome: true},
	KindAnnounce: {},
	KindRefused:  {err: true},
	KindProbe:    {id: true, about: true, probe: true},
	KindFinish:   {id: true, about: true},
	KindCancel:   {id: true, about: true},
	KindTaken:    {id: true},
}

// check bounds what a runner may say of itself.
func (h *Hello) check() error {
	if len(h.Addresses) > 256 || len(h.Probes) > 128 || len(h.Lacks) > 128 {
		return errors.New("too many addresses or probes")
	}
	if len(h.Host) > 255 || len(h.OS) > 64 || len(h.Version) > 128 {
		return errors.New("host, os or version too long")
	}
	if h.PulseMS < 1 || h.PulseMS > 60_000 {
		return errors.New("pulse_ms outside of 1 to 60000")
	}
	for _, p := range h.Probes {
		if len(p) > 64 {
			return errors.New("name of a probe too long")
		}
	}
	for p, why := range h.Lacks {
		if len(p) > 64 || len(why) > 256 {
			return errors.New("lacks too long")
		}
	}
	for _, a := range h.Addresses {
		if ip, err := netip.ParseAddr(a); err != nil || ip.Zone() != "" || ip.Unmap().String() != a {
			return fmt.Errorf("%q is not a canonical address", clip(a))
		}
	}
	return nil
}

func (p *Probe) check() error {
	if p.Name == "" || len(p.Name) > 64 {
		return errors.New("name of the probe missing or too long")
	}
	if p.TimeoutMS < 1 || p.TimeoutMS > 600_000 {
		return errors.New("timeout_ms outside of 1 to 600000")
	}
	return nil
}
