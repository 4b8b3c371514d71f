package follow

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"strings"
	"testing"
)

func TestReadExport(t *testing.T) {
	binaryField := func(name, value string) string {
		return name + "\n" + string(binary.LittleEndian.AppendUint64(nil, uint64(len(value)))) + value + "\n"
	}
	for _, c := range []struct {
		text string
		want []string
	}{
		{"", nil},
		{"__CURSOR=c1\nMESSAGE=one\n\n__CURSOR=c2\nX=1\nMESSAGE=two=2\n\n", []string{"c1 one", "c2 two=2"}},
		{"__CURSOR=c1\n" + binaryField("MESSAGE", "a\nb\n\n") + binaryField("X", "\n\n") + "\n", []string{"c1 a\nb\n\n"}},
		{"__CURSOR=c1\nMESSAGE=" + strings.Repeat("x", 5*maxLine) + "\n\n", []string{"c1 " + strings.Repeat("x", maxLine)}},
		{"__CURSOR=c1\n" + binaryField("MESSAGE", strings.Repeat("\n", 5*maxLine)) + "\n", []string{"c1 " + strings.Repeat("\n", maxLine)}},
		{"\n\n\n__CURSOR=c1\n\n", []string{"c1 "}},
		{"__CURSOR=c1\nMESSAGE=cut", nil},
	} {
		var got []string
		err := readExport(strings.NewReader(c.text), func(e exportEntry) { got = append(got, e.cursor+" "+string(e.message)) })
		if err != io.EOF || strings.Join(got, "|") != strings.Join(c.want, "|") {
			t.Errorf("readExport(%.80q) = %.80q, %v, want %.80q", c.text, got, err, c.want)
		}
	}
	huge := "MESSAGE\n" + string(bytes.Repeat([]byte{0xff}, 8))
	if err := readExport(strings.NewReader(huge), func(exportEntry) {}); !errors.Is(err, errExport) {
		t.Errorf("readExport(%q) = %v, want %v", huge, err, errExport)
	}
}

func FuzzReadExport(f *testing.F) {
	f.Add([]byte("__CURSOR=c1\nMESSAGE=one\n\nMESSAGE\n\x01\x00\x00\x00\x00\x00\x00\x00x\n\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		err := readExport(bytes.NewReader(text), func(e exportEntry) {
			if len(e.message) > maxLine || e.cursor == "" {
				t.Errorf("entry %.100q of %d bytes", e.cursor, len(e.message))
			}
		})
		if err == nil {
			t.Error("readExport ended without an error")
		}
	})
}
