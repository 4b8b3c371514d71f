package alerts

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"math/big"
	"net/http"
	"strings"
	"testing"
	"time"
)

// A signer is a certificate with its key.
type signer struct {
	key  *rsa.PrivateKey
	cert *x509.Certificate
	pem  []byte
}

// newSigner makes a certificate, signed by parent or by itself.
func newSigner(t *testing.T, name string, parent *signer) *signer {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name}, DNSNames: []string{name},
		NotBefore: testNow.Add(-time.Hour), NotAfter: testNow.Add(time.Hour), IsCA: parent == nil, BasicConstraintsValid: true,
	}
	issuer, issuerKey := template, key
	if parent != nil {
		issuer, issuerKey = parent.cert, parent.key
	}
	der, err := x509.CreateCertificate(rand.Reader, template, issuer, &key.PublicKey, issuerKey)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return &signer{key, cert, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})}
}

// sign puts the signature of its version into the envelope.
func (s *signer) sign(t *testing.T, e *SNSEnvelope) {
	t.Helper()
	text, hash, sum := []byte(e.StringToSign()), crypto.SHA256, []byte(nil)
	if e.SignatureVersion == "1" {
		hash = crypto.SHA1
		h := sha1.Sum(text)
		sum = h[:]
	} else {
		h := sha256.Sum256(text)
		sum = h[:]
	}
	signature, err := rsa.SignPKCS1v15(rand.Reader, s.key, hash, sum)
	if err != nil {
		t.Fatal(err)
	}
	e.Signature = base64.StdEncoding.EncodeToString(signature)
}

func envelope(t *testing.T, file string) SNSEnvelope {
	t.Helper()
	e, err := ParseSNS(http.Header{}, payload(t, file))
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func TestStringToSign(t *testing.T) {
	subject := "s"
	e := SNSEnvelope{Type: "Notification", MessageID: "m", TopicArn: "a", Subject: &subject, Message: "x\ny", Timestamp: "t"}
	if got, want := e.StringToSign(), "Message\nx\ny\nMessageId\nm\nSubject\ns\nTimestamp\nt\nTopicArn\na\nType\nNotification\n"; got != want {
		t.Errorf("StringToSign with a subject = %q, want %q", got, want)
	}
	e.Subject = nil
	if got, want := e.StringToSign(), "Message\nx\ny\nMessageId\nm\nTimestamp\nt\nTopicArn\na\nType\nNotification\n"; got != want {
		t.Errorf("StringToSign without a subject = %q, want %q", got, want)
	}
	e = SNSEnvelope{Type: "SubscriptionConfirmation", MessageID: "m", TopicArn: "a", Message: "x", Timestamp: "t", Token: "k", SubscribeURL: "u"}
	if got, want := e.StringToSign(), "Message\nx\nMessageId\nm\nSubscribeURL\nu\nTimestamp\nt\nToken\nk\nTopicArn\na\nType\nSubscriptionConfirmation\n"; got != want {
		t.Errorf("StringToSign of a confirmation = %q, want %q", got, want)
	}
}

func TestVerifySNS(t *testing.T) {
	root := newSigner(t, "Test Root", nil)
	leaf := newSigner(t, "sns.amazonaws.com", root)
	other := newSigner(t, "sns.amazonaws.com", nil)
	wrongName := newSigner(t, "www.example.net", root)
	roots := x509.NewCertPool()
	roots.AddCert(root.cert)
	for _, version := range []string{"1", "2"} {
		for _, file := range []string{"sns-alb.json", "sns-subscribe.json"} {
			e := envelope(t, file)
			e.SignatureVersion = version
			leaf.sign(t, &e)
			for _, c := range []struct {
				name  string
				cert  []byte
				check CertificateCheck
				ok    bool
			}{
				{"pinned", leaf.pem, CertificateCheck{Now: testNow}, true},
				{"chain", leaf.pem, CertificateCheck{Now: testNow, Roots: roots}, true},
				{"another key", other.pem, CertificateCheck{Now: testNow}, false},
				{"unknown authority", other.pem, CertificateCheck{Now: testNow, Roots: roots}, false},
				{"another name", wrongName.pem, CertificateCheck{Now: testNow, Roots: roots}, false},
				{"expired", leaf.pem, CertificateCheck{Now: testNow.Add(2 * time.Hour)}, false},
				{"no clock", leaf.pem, CertificateCheck{}, false},
				{"no certificate", []byte("rubbish"), CertificateCheck{Now: testNow}, false},
			} {
				if err := e.Verify(c.cert, c.check); c.ok != (err == nil) {
					t.Errorf("%s version %s, %s: Verify = %v, want ok %v", file, version, c.name, err, c.ok)
				}
			}
			byWrongName := e
			wrongName.sign(t, &byWrongName)
			if err := byWrongName.Verify(wrongName.pem, CertificateCheck{Now: testNow, Roots: roots}); err == nil {
				t.Errorf("%s version %s: Verify with a certificate for %s succeeds", file, version, wrongName.cert.Subject)
			}
			e.Message += " "
			if err := e.Verify(leaf.pem, CertificateCheck{Now: testNow}); err == nil {
				t.Errorf("%s version %s: Verify of a changed message succeeds", file, version)
			}
		}
	}
}

func TestAuthenticateSNS(t *testing.T) {
	s := newSigner(t, "sns.amazonaws.com", nil)
	e := envelope(t, "sns-alb.json")
	s.sign(t, &e)
	body, err := json.Marshal(e)
	if err != nil {
		t.Fatal(err)
	}
	asked := ""
	auth := Auth{Check: CertificateCheck{Now: testNow}, Certificate: func(url string) ([]byte, error) { asked = url; return s.pem, nil }}
	if err := Authenticate("sns", Request{Body: body}, auth); err != nil || asked != e.SigningCertURL {
		t.Errorf("Authenticate = %v after asking for %q, want nil and %q", err, asked, e.SigningCertURL)
	}
	forged := []byte(strings.Replace(string(body), "shop-unhealthy", "shop-unhealthx", 1))
	for name, c := range map[string]struct {
		body []byte
		auth Auth
	}{
		"forged":         {forged, auth},
		"no certificate": {body, Auth{}},
		"not fetched":    {body, Auth{Certificate: func(string) ([]byte, error) { return nil, errors.New("no network") }}},
	} {
		var e *PayloadError
		if err := Authenticate("sns", Request{Body: c.body}, c.auth); !errors.As(err, &e) || e.Status != http.StatusUnauthorized {
			t.Errorf("%s: Authenticate = %v, want status 401", name, err)
		}
	}
}

// URLs that are not AWS's are refused before anything is fetched.
func TestSNSURLs(t *testing.T) {
	for url, want := range map[string]bool{
		"https://sns.eu-west-1.amazonaws.com/x.pem":                  true,
		"https://sns.cn-north-1.amazonaws.com.cn/x.pem":              true,
		"https://sns.eu-west-1.amazonaws.com:443/x.pem":              true,
		"http://sns.eu-west-1.amazonaws.com/x.pem":                   false,
		"https://sns.eu-west-1.amazonaws.com:8443/x.pem":             false,
		"https://sns.eu-west-1.amazonaws.com.evil.example/x.pem":     false,
		"https://evil.example/sns.eu-west-1.amazonaws.com/x.pem":     false,
		"https://sns.eu-west-1.amazonaws.com@evil.example/x.pem":     false,
		"https://u@sns.eu-west-1.amazonaws.com/x.pem":                false,
		"https://sns.eu-west-1.s3.amazonaws.com/x.pem":               false,
		"https://s3.amazonaws.com/sns.eu-west-1.amazonaws.com/x.pem": false,
		"https://169.254.169.254/x.pem":                              false,
		"https://SNS.eu-west-1.amazonaws.com\\@evil.example/x.pem":   false,
		"https://sns.eu-west-1.amazonaws.com\n.evil.example/x.pem":   false,
		"file:///etc/passwd":                                         false,
		"":                                                           false,
	} {
		if got := isSNSURL(url); got != want {
			t.Errorf("isSNSURL(%q) = %v, want %v", url, got, want)
		}
	}
}

func TestSNSRefuses(t *testing.T) {
	for _, c := range []struct {
		name, file, old, new string
		options              Options
		field                string
		status               int
	}{
		{"certificate elsewhere", "sns-alb.json", "https://sns.eu-west-1.amazonaws.com/Simple", "https://evil.example/Simple", testOptions, "SigningCertURL", 403},
		{"no certificate", "sns-alb.json", "0123.pem", "0123.txt", testOptions, "SigningCertURL", 403},
		{"confirmation elsewhere", "sns-subscribe.json", "https://sns.eu-west-1.amazonaws.com/?Action=Confirm", "https://10.0.0.1/?Action=Confirm", testOptions, "SubscribeURL", 403},
		{"topic of somebody else", "sns-alb.json", ":alarms", ":other", testOptions, "TopicArn", 403},
		{"subscription without a list", "sns-subscribe.json", "t0k3n", "t0k3n2", Options{}, "TopicArn", 403},
		{"empty list", "sns-alb.json", "a0b1", "a0b2", Options{Topics: []string{}}, "TopicArn", 403},
		{"no signature", "sns-alb.json", `"Signature": "AAAA"`, `"Signature": ""`, testOptions, "Signature", 401},
		{"unknown type", "sns-alb.json", `"Notification"`, `"Other"`, testOptions, "Type", 400},
		{"unknown version", "sns-alb.json", `"SignatureVersion": "1"`, `"SignatureVersion": "3"`, testOptions, "SignatureVersion", 400},
		{"unknown state", "sns-alb.json", `\"ALARM\"`, `\"BROKEN\"`, testOptions, "Message.NewStateValue", 400},
		{"wrong type inside", "sns-alb.json", `\"AlarmName\": \"shop-unhealthy\"`, `\"AlarmName\": []`, testOptions, "Message.AlarmName", 400},
	} {
		data := string(payload(t, c.file))
		changed := strings.Replace(data, c.old, c.new, 1)
		if changed == data {
			t.Fatalf("%s: %s does not contain %q", c.name, c.file, c.old)
		}
		_, err := Parse("sns", http.Header{}, []byte(changed), c.options)
		var e *PayloadError
		if !errors.As(err, &e) || e.Field != c.field || e.Status != c.status {
			t.Errorf("%s: Parse = %v, want an error about %s with status %d", c.name, err, c.field, c.status)
		}
	}
}

func TestSNSRawDelivery(t *testing.T) {
	if _, err := Parse("sns", header("x-amz-sns-rawdelivery", "true"), []byte(`{"AlarmName":"x"}`), testOptions); err == nil {
		t.Error("Parse of a raw message succeeds, want it refused: it has no signature")
	}
}

func TestSNSSubscription(t *testing.T) {
	r, err := Parse("sns", http.Header{}, payload(t, "sns-subscribe.json"), testOptions)
	if err != nil || r.Kind != KindSubscription || !strings.HasPrefix(r.URL, "https://sns.eu-west-1.amazonaws.com/") || r.Status != 200 {
		t.Errorf("Parse = %+v, %v, want a subscription to confirm", r, err)
	}
}

// TestSNSTopicBeforeCertificate has a message of an unlisted topic ask for nothing.
func TestSNSTopicBeforeCertificate(t *testing.T) {
	asked := 0
	a := Auth{Topics: []string{"arn:aws:sns:eu-west-1:210987654321:other"}, Certificate: func(string) ([]byte, error) {
		asked++
		return nil, errors.New("none")
	}}
	err := Authenticate("sns", Request{Body: payload(t, "sns-alb.json")}, a)
	var e *PayloadError
	if !errors.As(err, &e) || e.Field != "TopicArn" || asked != 0 {
		t.Errorf("Authenticate = %v after %d certificates were asked for, want an error about TopicArn and none", err, asked)
	}
	a.Topics = nil
	if Authenticate("sns", Request{Body: payload(t, "sns-alb.json")}, a); asked != 1 {
		t.Errorf("%d certificates were asked for a listed topic, want 1", asked)
	}
}
