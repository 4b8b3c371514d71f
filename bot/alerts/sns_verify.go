package alerts

import (
	"crypto"
	"crypto/rsa"
	"crypto/sha1" // signature version 1 is RSA with SHA-1, by Amazon's choice
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"
)

// A CertificateCheck says how far the certificate given to [SNSEnvelope.Verify] is trusted.
type CertificateCheck struct {
	// Now is the time at which the certificate must be valid.
	Now time.Time
	// Roots, if not nil, must have signed the certificate, whose name must be one of SNS. Nil trusts the certificate itself: the
	// administrator put it into the configuration.
	Roots *x509.CertPool
}

// StringToSign is the text that the signature covers (Amazon SNS developer guide, "Verifying the signatures of messages").
func (e SNSEnvelope) StringToSign() string {
	fields := [][2]string{{"Message", e.Message}, {"MessageId", e.MessageID}}
	if e.Type == snsNotification {
		if e.Subject != nil {
			fields = append(fields, [2]string{"Subject", *e.Subject})
		}
		fields = append(fields, [2]string{"Timestamp", e.Timestamp})
	} else {
		fields = append(fields, [2]string{"SubscribeURL", e.SubscribeURL}, [2]string{"Timestamp", e.Timestamp}, [2]string{"Token", e.Token})
	}
	fields = append(fields, [2]string{"TopicArn", e.TopicArn}, [2]string{"Type", e.Type})
	var b strings.Builder
	for _, f := range fields {
		b.WriteString(f[0] + "\n" + f[1] + "\n")
	}
	return b.String()
}

// Verify checks the signature of both versions with the certificate, PEM-encoded, intermediates after it. The error is a
// [*PayloadError] of status 401, whatever was wrong.
func (e SNSEnvelope) Verify(certificates []byte, check CertificateCheck) error {
	cert, err := signingCertificate(certificates, check)
	if err != nil {
		return withStatus(http.StatusUnauthorized, "SigningCertURL", err.Error())
	}
	key, ok := cert.PublicKey.(*rsa.PublicKey)
	if !ok {
		return withStatus(http.StatusUnauthorized, "SigningCertURL", "holds no RSA key")
	}
	signature, err := base64.StdEncoding.DecodeString(e.Signature)
	if err != nil {
		return withStatus(http.StatusUnauthorized, "Signature", "is not base64")
	}
	if err := e.verifyWith(key, signature); err != nil {
		return withStatus(http.StatusUnauthorized, "Signature", "does not match the message")
	}
	return nil
}

func (e SNSEnvelope) verifyWith(key *rsa.PublicKey, signature []byte) error {
	signed := []byte(e.StringToSign())
	switch e.SignatureVersion {
	case "1":
		sum := sha1.Sum(signed)
		return rsa.VerifyPKCS1v15(key, crypto.SHA1, sum[:], signature)
	case "2":
		sum := sha256.Sum256(signed)
		return rsa.VerifyPKCS1v15(key, crypto.SHA256, sum[:], signature)
	}
	return errors.New("unknown signature version")
}

// signingCertificate decodes and checks the certificate.
func signingCertificate(certificates []byte, check CertificateCheck) (*x509.Certificate, error) {
	block, rest := pem.Decode(certificates)
	if block == nil || block.Type != "CERTIFICATE" {
		return nil, errors.New("holds no PEM certificate")
	}
	cert, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		return nil, errors.New("holds no X.509 certificate")
	}
	if check.Now.Before(cert.NotBefore) || check.Now.After(cert.NotAfter) {
		return nil, fmt.Errorf("holds a certificate that is valid only from %s to %s", cert.NotBefore.Format(time.DateOnly), cert.NotAfter.Format(time.DateOnly))
	}
	if check.Roots == nil {
		return cert, nil
	}
	if !namesSNS(cert) {
		return nil, errors.New("holds a certificate that is not for SNS")
	}
	between := x509.NewCertPool()
	between.AppendCertsFromPEM(rest)
	_, err = cert.Verify(x509.VerifyOptions{Roots: check.Roots, Intermediates: between, CurrentTime: check.Now, KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageAny}})
	if err != nil {
		return nil, errors.New("holds a certificate that no trusted authority signed")
	}
	return cert, nil
}

func namesSNS(cert *x509.Certificate) bool {
	for _, name := range append(cert.DNSNames, cert.Subject.CommonName) {
		if name == "sns.amazonaws.com" || snsHost().MatchString(name) {
			return true
		}
	}
	return false
}
