package main

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"sync"
	"time"
)

// awsHost are the hosts of SNS. Certificates and confirmations come from
// nowhere else, whatever a message says.
var awsHost = regexp.MustCompile(`^sns\.[a-z0-9-]+\.amazonaws\.com(\.cn)?$`)

// snsClient fetches from AWS: certificates, and confirmations of subscriptions.
// It follows no redirect and remembers certificates.
type snsClient struct {
	http *http.Client

	mu    sync.Mutex
	certs map[string][]byte
}

const (
	snsTimeout  = 5 * time.Second
	snsAnswer   = 64 << 10 // bytes
	snsCertKept = 32
)

func newSNSClient() *snsClient {
	return &snsClient{certs: map[string][]byte{}, http: &http.Client{
		Timeout:       snsTimeout,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

// certificate returns the PEM certificate at a URL of AWS's.
func (c *snsClient) certificate(address string) ([]byte, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if pem, ok := c.certs[address]; ok {
		return pem, nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), snsTimeout)
	defer cancel()
	pem, err := c.get(ctx, address)
	if err != nil {
		return nil, err
	}
	if len(c.certs) == snsCertKept {
		clear(c.certs)
	}
	c.certs[address] = pem
	return pem, nil
}

// confirm visits the address that confirms a subscription.
func (c *snsClient) confirm(ctx context.Context, address string) error {
	_, err := c.get(ctx, address)
	return err
}

func (c *snsClient) get(ctx context.Context, address string) ([]byte, error) {
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "https" || u.User != nil || u.Port() != "" && u.Port() != "443" || !awsHost.MatchString(u.Hostname()) {
		return nil, errors.New("the address is not one of SNS")
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, fmt.Errorf("ask AWS: %w", err)
	}
	resp, err := c.http.Do(req)
	if err != nil {
		return nil, fmt.Errorf("ask AWS: %w", err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("ask AWS: it answered %s", resp.Status)
	}
	return io.ReadAll(io.LimitReader(resp.Body, snsAnswer))
}

// systemRoots are the certificate authorities of this machine; an empty pool
// where it has none, with which nothing is proved.
func systemRoots() *x509.CertPool {
	if pool, err := x509.SystemCertPool(); err == nil {
		return pool
	}
	return x509.NewCertPool()
}
