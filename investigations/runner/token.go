package runner

import (
	"bytes"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"strings"
)

// tokenPrefix tells a join token from other secrets, and its version.
const tokenPrefix = "plexor1_"

// ErrToken says that a text is not a join token, or a damaged one.
var ErrToken = errors.New("not a join token: it begins with " + tokenPrefix + " and is one word; copy it again")

// Token lets one runner join: where the bot listens, how its certificate is
// known, and a secret that is good once.
type Token struct {
	Name    string `json:"n"`
	Address string `json:"a"` // host:port
	Pin     []byte `json:"p"` // SHA-256 of the certificate's SubjectPublicKeyInfo (RFC 7469, 2.4)
	Secret  []byte `json:"s"`
}

// NewSecret returns a secret of 32 random bytes.
func NewSecret() []byte {
	b := make([]byte, 32)
	rand.Read(b) // never fails (crypto/rand)
	return b
}

// HashSecret is the form in which the bot keeps a secret. It needs no salt and
// no work factor: the secret is random.
func HashSecret(secret []byte) string {
	sum := sha256.Sum256(secret)
	return hex.EncodeToString(sum[:])
}

// Pin is the SHA-256 of a certificate's SubjectPublicKeyInfo.
func Pin(cert *x509.Certificate) []byte {
	sum := sha256.Sum256(cert.RawSubjectPublicKeyInfo)
	return sum[:]
}

// String is the token as a person copies it. It holds the secret.
func (t Token) String() string {
	b, err := json.Marshal(t)
	if err != nil {
		return ""
	}
	return tokenPrefix + base64.RawURLEncoding.EncodeToString(b)
}

// ParseToken reads a token; the error is ErrToken, wrapped or not, and never
// holds any of the text.
func ParseToken(text string) (Token, error) {
	text = strings.TrimSpace(text)
	body, ok := strings.CutPrefix(text, tokenPrefix)
	if !ok || len(text) > 2048 {
		return Token{}, ErrToken
	}
	raw, err := base64.RawURLEncoding.DecodeString(body)
	if err != nil {
		return Token{}, ErrToken
	}
	var t Token
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.DisallowUnknownFields()
	if dec.Decode(&t) != nil || dec.InputOffset() != int64(len(raw)) {
		return Token{}, ErrToken
	}
	return t, t.check()
}

func (t Token) check() error {
	if len(t.Pin) != sha256.Size || len(t.Secret) != 32 || CheckName(t.Name) != nil {
		return ErrToken
	}
	if host, port, err := net.SplitHostPort(t.Address); err != nil || host == "" || port == "" {
		return fmt.Errorf("address in it: %w", ErrToken)
	}
	return nil
}
