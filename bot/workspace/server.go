package workspace

import (
	"context"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
)

// maxBody bounds every request but a file's.
const maxBody = 1 << 20

// Server is one workspace. It is safe for concurrent use. Close ends what it started.
type Server struct {
	cfg    Config
	ctx    context.Context
	cancel context.CancelFunc

	spawning sync.Mutex
	closed   bool
	owned    sync.WaitGroup // every goroutine of the server's own

	mu        sync.Mutex // guards everything below
	state     state
	limits    limiter
	faults    []*Fault
	lastEvent []byte // as it was sent
	base      string // scheme and host by which the app last reached us

	sockets *sockets
	events  *eventQueue
	live    *live
}

// New makes a workspace with the users U1 and U2 and the channels ops, alerts and payments.
func New(cfg Config) *Server {
	cfg.fill()
	ctx, cancel := context.WithCancel(context.Background())
	s := &Server{cfg: cfg, ctx: ctx, cancel: cancel, limits: limiter{now: cfg.Now, buckets: map[string]*bucket{}}}
	s.state = newState(cfg)
	s.sockets = newSockets(cfg)
	s.events = newEventQueue()
	s.live = newLive()
	s.spawn(s.deliverEvents)
	return s
}

// Close drops all connections and waits for the server's goroutines.
func (s *Server) Close() {
	s.spawning.Lock()
	s.closed = true
	s.spawning.Unlock()
	s.cancel()
	s.sockets.dropAll("")
	s.live.close()
	s.owned.Wait()
}

// spawn runs f in a goroutine that Close waits for; false after Close, when nothing is run.
func (s *Server) spawn(f func()) bool {
	s.spawning.Lock()
	defer s.spawning.Unlock()
	if !s.closed {
		s.owned.Go(f)
	}
	return !s.closed
}

// Handler serves Slack's API under /api/, the Socket Mode link, files, response URLs, the control interface under
// /_control/ and the page under /.
func (s *Server) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("/api/{method}", s.serveAPI)
	mux.HandleFunc("GET /link/", s.serveLink)
	mux.HandleFunc("/upload/{id}/{secret}", s.serveUpload)
	mux.HandleFunc("GET /files/{id}/{name}", s.serveFile)
	mux.HandleFunc("POST /response/{secret}", s.serveResponseURL)
	mux.HandleFunc("GET /archives/{channel}/{ts}", servePermalink)
	mux.HandleFunc("GET /_page/live", s.serveLive)
	s.addControl(mux)
	mux.Handle("/", pageHandler())
	return s.guard(mux)
}

// guard refuses what a web page elsewhere could send to a server on localhost: a Host that is a name of the page's
// own, or an Origin that is not ours. slack-go sends the Origin https://api.slack.com when it dials Socket Mode; the
// link needs a ticket, so that path takes any.
func (s *Server) guard(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !s.cfg.Open && !isLocal(r.Host) {
			http.Error(w, "this workspace answers to localhost and addresses only", http.StatusForbidden)
			return
		}
		origin := r.Header.Get("Origin")
		if origin != "" && !strings.HasPrefix(r.URL.Path, "/link/") && !sameHost(origin, r.Host) {
			http.Error(w, "requests from other origins are refused", http.StatusForbidden)
			return
		}
		w.Header().Set("X-Content-Type-Options", "nosniff")
		next.ServeHTTP(w, r)
	})
}

func isLocal(hostport string) bool {
	host := hostport
	if h, _, err := net.SplitHostPort(hostport); err == nil {
		host = h
	}
	host = strings.Trim(host, "[]")
	return host == "localhost" || strings.HasSuffix(host, ".localhost") || net.ParseIP(host) != nil
}

func sameHost(origin, host string) bool {
	u, err := url.Parse(origin)
	return err == nil && u.Host == host
}

// baseURL is where the app reaches this request's server.
func baseURL(r *http.Request) string {
	if r.TLS != nil {
		return "https://" + r.Host
	}
	return "http://" + r.Host
}
