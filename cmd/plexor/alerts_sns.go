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

	fetches chan struct{} // at once

	mu    sync.Mutex
	certs map[string][]byte
}

const (
	snsTimeout  = 5 * time.Second
	snsAnswer   = 64 << 10 // bytes
	snsCertKept = 32
	snsFetches  = 4 // at once; who sends more is not AWS
)

func newSNSClient() *snsClient {
	return &snsClient{certs: map[string][]byte{}, fetches: make(chan struct{}, snsFetches), http: &http.Client{
		Timeout:       snsTimeout,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

// certificate returns the PEM certificate at a URL of AWS's.
func (c *snsClient) certificate(address string) ([]byte, error) {
	if pem := c.known(address); pem != nil {
		return pem, nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), snsTimeout)
	defer cancel()
	select {
	case c.fetches <- struct{}{}:
		defer func() { <-c.fetches }()
	case <-ctx.Done():
		return nil, fmt.Errorf("wait to ask AWS: %w", ctx.Err())
	}
	if pem := c.known(address); pem != nil { // somebody else fetched it meanwhile
		return pem, nil
	}
	pem, err := c.get(ctx, address)
	if err != nil {
		return nil, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.certs) >= snsCertKept {
		clear(c.certs)
	}
	c.certs[address] = pem
	return pem, nil
}

func (c *snsClient) known(address string) []byte {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.certs[address]
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
