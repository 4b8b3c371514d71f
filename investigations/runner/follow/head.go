package follow

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"io"
)

// maxHead is how much of a file's beginning identifies it, in bytes: a log's
// first line has a time. An inode's number is used again, and a name too.
const maxHead = 256

// head identifies the beginning of a file.
type head struct {
	Size int    `json:"size"` // bytes
	Sum  string `json:"sum"`  // SHA-256 of them, in hex
}

// headOf identifies bytes that a file begins with.
func headOf(begin []byte) head {
	sum := sha256.Sum256(begin)
	return head{Size: len(begin), Sum: hex.EncodeToString(sum[:])}
}

// beginning reads the first bytes of a file; nil if it has fewer.
func beginning(r io.ReaderAt, size int64) []byte {
	buf := make([]byte, max(0, min(size, maxHead)))
	if n, _ := r.ReadAt(buf, 0); n < len(buf) {
		return nil
	}
	return buf
}

// beginsWith reports whether a file still begins so.
func beginsWith(r io.ReaderAt, begin []byte) bool {
	return bytes.Equal(beginning(r, int64(len(begin))), begin)
}
