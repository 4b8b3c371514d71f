package workspace

import (
	"embed"
	"io/fs"
	"net/http"
)

// dist is the page as page/build makes it; page/check holds it against the sources.
//
//go:embed page/dist
var dist embed.FS

// pagePolicy lets the page run its own script and talk to its own server, and nothing else: what a stranger wrote
// into a message can neither run nor fetch anything.
const pagePolicy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; " +
	"connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

func pageHandler() http.Handler {
	root, err := fs.Sub(dist, "page/dist")
	if err != nil {
		panic(err) // the directory is embedded above
	}
	files := http.FileServerFS(root)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Security-Policy", pagePolicy)
		w.Header().Set("Referrer-Policy", "no-referrer")
		w.Header().Set("Cache-Control", "no-cache")
		files.ServeHTTP(w, r)
	})
}
