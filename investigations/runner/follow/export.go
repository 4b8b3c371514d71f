package follow

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

// exportEntry is what is needed of an entry of the journal. Both are valid
// during the call that they are handed to.
type exportEntry struct {
	message []byte // the first 16 KiB
	cursor  string
}

// maxExport is the largest binary field of the export format, in bytes: the
// journal itself takes no larger one (journald, DATA_SIZE_MAX).
const maxExport = 768 << 20

var errExport = errors.New("not the journal's export format")

// readExport reads journalctl's export format to its end: an entry is lines
// NAME=value, or NAME, the length in eight bytes, the value and an end of line
// for a value that is no text; it ends with an empty line (systemd, Journal
// Export Formats).
func readExport(r io.Reader, take func(exportEntry)) error {
	in := bufio.NewReaderSize(r, maxLine+64)
	var e exportEntry
	for {
		line, err := in.ReadSlice('\n')
		switch {
		case errors.Is(err, io.EOF) && len(line) == 0:
			return io.EOF
		case errors.Is(err, bufio.ErrBufferFull):
			err = dropLine(in, line, &e)
		case err == nil && len(line) == 1:
			if e.cursor != "" {
				take(e)
			}
			e = exportEntry{}
		case err == nil:
			err = readField(in, line[:len(line)-1], &e)
		}
		if err != nil {
			return err
		}
	}
}

// readField reads one field.
func readField(in *bufio.Reader, line []byte, e *exportEntry) error {
	name, value, isText := bytes.Cut(line, []byte("="))
	if isText {
		e.set(name, value)
		return nil
	}
	owned := string(name)
	var size uint64
	if err := binary.Read(in, binary.LittleEndian, &size); err != nil {
		return err
	}
	if size > maxExport {
		return fmt.Errorf("%w: a field of %d bytes", errExport, size)
	}
	value = make([]byte, min(size, maxLine))
	if _, err := io.ReadFull(in, value); err != nil {
		return err
	}
	if _, err := io.CopyN(io.Discard, in, int64(size)-int64(len(value))+1); err != nil {
		return err
	}
	e.set([]byte(owned), value)
	return nil
}

// dropLine takes the beginning of a text that is longer than all that is read.
func dropLine(in *bufio.Reader, begin []byte, e *exportEntry) error {
	name, value, isText := bytes.Cut(begin, []byte("="))
	if !isText {
		return errExport
	}
	e.set(name, value[:min(len(value), maxLine)])
	for {
		_, err := in.ReadSlice('\n')
		if !errors.Is(err, bufio.ErrBufferFull) {
			return err
		}
	}
}

func (e *exportEntry) set(name, value []byte) {
	switch string(name) {
	case "MESSAGE":
		e.message = bytes.Clone(value)
	case "__CURSOR":
		e.cursor = string(value)
	}
}
