package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"os"
	"sync/atomic"
	"time"
)

// demoLB is the demo's load balancer: it passes requests on to one backend, and
// writes what fails into an error log as nginx does.
type demoLB struct {
	listener net.Listener
	log      *os.File
	upstream string // host:port
	requests atomic.Int64
}

// openDemoLB listens near an address and appends to a log.
func openDemoLB(listen, upstream, log string) (*demoLB, error) {
	file, err := os.OpenFile(log, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open the load balancer's log: %w", err)
	}
	l, err := listenNear(listen)
	if err != nil {
		file.Close()
		return nil, err
	}
	return &demoLB{listener: l, log: file, upstream: upstream}, nil
}

// address is where the load balancer listens.
func (lb *demoLB) address() string { return lb.listener.Addr().String() }

// serve passes requests on until ctx ends.
func (lb *demoLB) serve(ctx context.Context) error {
	defer lb.log.Close()
	proxy := httputil.NewSingleHostReverseProxy(&url.URL{Scheme: "http", Host: lb.upstream})
	proxy.ErrorHandler = lb.failed
	proxy.Transport = &http.Transport{
		DialContext: (&net.Dialer{Timeout: 3 * time.Second}).DialContext, DisableKeepAlives: true, // each request connects, so each shows how that went
	}
	return serveHTTP(ctx, lb.listener, proxy)
}

// failed logs why the backend did not answer, in the form of nginx's error log,
// and answers in its stead.
func (lb *demoLB) failed(w http.ResponseWriter, r *http.Request, err error) {
	what := "recv() failed (104: Connection reset by peer) while reading response header from upstream"
	if dial, ok := errors.AsType[*net.OpError](err); ok && dial.Op == "dial" {
		what = "connect() failed (111: Connection refused) while connecting to upstream"
		if dial.Timeout() {
			what = "upstream timed out (110: Connection timed out) while connecting to upstream"
		}
	}
	client, _, _ := net.SplitHostPort(r.RemoteAddr)
	path := r.URL.EscapedPath()
	fmt.Fprintf(lb.log, "%s [error] %d#%d: *%d %s, client: %s, server: shop.test, request: \"%s %s %s\", upstream: \"http://%s%s\", host: \"%s\"\n",
		time.Now().Format("2006/01/02 15:04:05"), os.Getpid(), os.Getpid(), lb.requests.Add(1), what,
		client, r.Method, path, r.Proto, lb.upstream, path, lb.address())
	w.WriteHeader(http.StatusBadGateway)
}

// get asks the load balancer for a page and returns the status of its answer.
func (lb *demoLB) get(ctx context.Context) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+lb.address()+"/cart", nil)
	if err != nil {
		return "", err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return "", err
	}
	resp.Body.Close()
	return resp.Status, nil
}
