package workspace

import (
	"bufio"
	"bytes"
	"encoding/json"
	"image"
	"image/png"
	"io"
	"mime/multipart"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"
)

func TestStrangersAreRefused(t *testing.T) {
	for _, c := range []struct {
		name, host, origin string
		open               bool
		want               int
	}{
		{name: "address", want: 200},
		{name: "localhost", host: "localhost:8065", want: 200},
		{name: "name", host: "evil.test", want: 403},
		{name: "name, open", host: "workspace.test", open: true, want: 200},
		{name: "other origin", origin: "https://evil.test", want: 403},
		{name: "null origin", origin: "null", want: 403},
	} {
		b := newBed(t, Config{Open: c.open})
		for _, path := range []string{"/_control/status", "/api/api.test", "/"} {
			req, _ := http.NewRequest(http.MethodGet, b.url+path, nil)
			req.Host = c.host
			if c.origin != "" {
				req.Header.Set("Origin", c.origin)
			}
			resp, err := http.DefaultClient.Do(req)
			if err != nil {
				t.Fatal(err)
			}
			resp.Body.Close()
			if resp.StatusCode != c.want {
				t.Errorf("%s: GET %s = %d, want %d", c.name, path, resp.StatusCode, c.want)
			}
		}
	}
}

func TestPageHasAPolicy(t *testing.T) {
	b := newBed(t, Config{})
	resp, err := http.Get(b.url + "/")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if csp := resp.Header.Get("Content-Security-Policy"); !has(csp, "script-src 'self'") || has(csp, "unsafe-eval") {
		t.Errorf("Content-Security-Policy = %q", csp)
	}
}

func TestLiveUpdates(t *testing.T) {
	b := newBed(t, Config{})
	resp, err := http.Get(b.url + "/_page/live?user=U2")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	lines := bufio.NewScanner(resp.Body)
	lines.Buffer(nil, 1<<20)
	next := func() (u struct {
		Type, Me string
		Message  *Message
	}) {
		for lines.Scan() {
			if data, ok := strings.CutPrefix(lines.Text(), "data: "); ok {
				if err := json.Unmarshal([]byte(data), &u); err != nil {
					t.Fatal(err)
				}
				return u
			}
		}
		t.Fatalf("the stream ended: %v", lines.Err())
		return u
	}
	if u := next(); u.Type != "state" || u.Me != "U2" {
		t.Fatalf("first update = %+v, want U2's state", u)
	}
	b.must(b.api("chat.postEphemeral", url.Values{"channel": {"ops"}, "user": {"U1"}, "text": {"for U1"}}))
	p := b.must(b.api("chat.postMessage", url.Values{"channel": {"ops"}, "text": {"one"}}))
	b.must(b.api("chat.update", url.Values{"channel": {"ops"}, "ts": {p.TS}, "text": {"two"}}))
	if u := next(); u.Type != "message" || u.Message.Text != "one" {
		t.Errorf("update = %+v, want the message and nothing of U1's", u)
	}
	if u := next(); u.Message == nil || u.Message.Text != "two" || u.Message.Edited == nil {
		t.Errorf("update = %+v, want the edit", u)
	}
}

func TestFileUpload(t *testing.T) {
	b := newBed(t, Config{})
	var picture bytes.Buffer
	if err := png.Encode(&picture, image.NewGray(image.Rect(0, 0, 7, 3))); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ name, kind string }{{"../chart.png", "image/png"}, {"page.html", "application/octet-stream"}} {
		data := picture.Bytes()
		if c.kind != "image/png" {
			data = []byte("<html><script>1</script>")
		}
		got := b.must(b.api("files.getUploadURLExternal", url.Values{"filename": {c.name}, "length": {strconv.Itoa(len(data))}}))
		link, id := got.raw["upload_url"].(string), got.raw["file_id"].(string)
		if !strings.HasPrefix(link, b.url+"/") {
			t.Fatalf("upload_url = %q, want it under %s", link, b.url)
		}
		upload(t, link, data)
		b.must(b.api("files.completeUploadExternal", url.Values{"files": {`[{"id":"` + id + `","title":"Chart"}]`}, "channel_id": {"C1"}, "initial_comment": {"look"}}))
		all, _ := b.ctl.Messages(ctx(t), "ops")
		f := all[len(all)-1].Files[0]
		if f.Title != "Chart" || has(f.Name, "/") || f.Size != len(data) {
			t.Errorf("file = %+v", f)
		}
		resp, err := http.Get(f.URLPrivate)
		if err != nil {
			t.Fatal(err)
		}
		back, _ := io.ReadAll(resp.Body)
		resp.Body.Close()
		if !bytes.Equal(back, data) || resp.Header.Get("Content-Type") != c.kind || !has(resp.Header.Get("Content-Security-Policy"), "sandbox") {
			t.Errorf("%s comes back as %s, %d bytes", c.name, resp.Header.Get("Content-Type"), len(back))
		}
	}
}

func upload(t *testing.T, link string, data []byte) {
	t.Helper()
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	part, _ := form.CreateFormFile("file", "x")
	part.Write(data)
	form.Close()
	resp, err := http.Post(link, form.FormDataContentType(), &body)
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if resp.StatusCode != 200 {
		t.Fatalf("upload = %s", resp.Status)
	}
}

// TestDocumentationNamesEveryMethod holds the table in the package's documentation against the code.
func TestDocumentationNamesEveryMethod(t *testing.T) {
	doc := readFile(t, "doc.go")
	for name := range methods() {
		family, rest, _ := strings.Cut(name, ".")
		if !has(doc, name) && !(has(doc, family+".") && has(doc, " ."+rest)) {
			t.Errorf("doc.go does not name %s", name)
		}
	}
}
