package workspace

import (
	"bytes"
	"encoding/json"
	"image"
	_ "image/gif" // sizes of uploaded images
	_ "image/jpeg"
	_ "image/png"
	"io"
	"net/http"
	"path"
	"strconv"
	"strings"
)

// maxFile bounds one file, maxFiles how many are kept.
const (
	maxFile  = 20 << 20
	maxFiles = 200
)

// File is a file as Slack returns it.
type File struct {
	ID         string `json:"id"`
	Created    int64  `json:"created"`
	Name       string `json:"name"`
	Title      string `json:"title"`
	Mimetype   string `json:"mimetype"`
	Filetype   string `json:"filetype"`
	PrettyType string `json:"pretty_type"`
	User       string `json:"user"`
	Size       int    `json:"size"`
	Mode       string `json:"mode"`
	URLPrivate string `json:"url_private"`
	Download   string `json:"url_private_download"`
	Permalink  string `json:"permalink"`
	AltText    string `json:"alt_txt,omitempty"`
	Width      int    `json:"original_w,omitempty"`
	Height     int    `json:"original_h,omitempty"`
	Preview    string `json:"preview,omitempty"`
}

type storedFile struct {
	File
	secret   string // of the upload URL
	length   int    // as announced
	data     []byte // nil until uploaded
	complete bool
}

func filesGetUploadURLExternal(s *Server, c call) (reply, error) {
	name := path.Base(strings.ReplaceAll(c.str("filename"), "\\", "/"))
	length, err := strconv.Atoi(c.str("length"))
	switch {
	case c.str("filename") == "" || name == "." || name == "/":
		return nil, fail("invalid_arguments", "[ERROR] missing required field: filename")
	case err != nil || length <= 0:
		return nil, fail("invalid_arguments", "[ERROR] must be greater than 0 [json-pointer:/length]")
	case length > maxFile:
		return nil, fail("file_upload_size_restricted")
	case len(s.state.files) >= maxFiles:
		return nil, fail("storage_limit_reached")
	}
	f := &storedFile{secret: secret(), length: length}
	f.ID, f.Name, f.Title, f.AltText = s.state.newID("F"), name, name, c.str("alt_txt")
	f.Created, f.User, f.Mode = s.cfg.Now().Unix(), s.state.bot.ID, "hosted"
	s.state.files[f.ID] = f
	return reply{"upload_url": c.base + "/upload/" + f.ID + "/" + f.secret, "file_id": f.ID}, nil
}

// serveUpload takes a file's bytes, as the body or as the first file of a multipart form.
func (s *Server) serveUpload(w http.ResponseWriter, r *http.Request) {
	data, err := uploaded(w, r)
	if err != nil {
		http.Error(w, "the upload could not be read", http.StatusBadRequest)
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	f := s.state.files[r.PathValue("id")]
	if f == nil || f.secret != r.PathValue("secret") || f.data != nil {
		http.Error(w, "no such upload", http.StatusNotFound)
		return
	}
	if len(data) != f.length {
		http.Error(w, "the length is not what was announced", http.StatusBadRequest)
		return
	}
	f.data = data
	f.describe()
	w.Write([]byte("OK - " + strconv.Itoa(len(data))))
}

func uploaded(w http.ResponseWriter, r *http.Request) ([]byte, error) {
	r.Body = http.MaxBytesReader(w, r.Body, maxFile+maxBody)
	if !strings.HasPrefix(r.Header.Get("Content-Type"), "multipart/form-data") {
		return io.ReadAll(r.Body)
	}
	parts, err := r.MultipartReader()
	if err != nil {
		return nil, err
	}
	for {
		part, err := parts.NextPart()
		if err != nil {
			return nil, err
		}
		if part.FileName() != "" {
			return io.ReadAll(part)
		}
	}
}

// describe sets what the bytes say of themselves.
func (f *storedFile) describe() {
	f.Size = len(f.data)
	f.Mimetype, _, _ = strings.Cut(http.DetectContentType(f.data), ";")
	f.Filetype = strings.TrimPrefix(path.Ext(f.Name), ".")
	if cfg, kind, err := image.DecodeConfig(bytes.NewReader(f.data)); err == nil {
		f.Width, f.Height, f.Filetype = cfg.Width, cfg.Height, kind
	}
	if f.Mimetype == "text/plain" {
		f.Preview = string(f.data[:min(len(f.data), 1000)])
	}
	f.PrettyType = strings.ToUpper(f.Filetype)
}

func filesCompleteUploadExternal(s *Server, c call) (reply, error) {
	var asked []struct{ ID, Title string }
	if json.Unmarshal([]byte(c.str("files")), &asked) != nil || len(asked) == 0 {
		return nil, fail("invalid_arguments", "[ERROR] missing required field: files")
	}
	var files []File
	for _, a := range asked {
		f := s.state.files[a.ID]
		if f == nil || f.data == nil {
			return nil, fail("file_not_found")
		}
		if f.complete {
			return nil, fail("file_already_completed")
		}
		if a.Title != "" {
			f.Title = a.Title
		}
		f.URLPrivate = c.base + "/files/" + f.ID + "/" + f.Name
		f.Download, f.Permalink = f.URLPrivate+"?download=1", f.URLPrivate
		files = append(files, f.File)
	}
	for _, ref := range strings.FieldsFunc(c.str("channel_id")+","+c.str("channels"), func(r rune) bool { return r == ',' }) {
		c.args["channel"] = ref
		ch, err := s.writable(c)
		if err != nil {
			return nil, err
		}
		m := s.fromBot(c.str("initial_comment"))
		if m.Blocks, err = s.checkBlocks(c.str("blocks"), messageSurface); err != nil {
			return nil, err
		}
		m.ThreadTS, m.Files = c.str("thread_ts"), files
		s.post(ch, m)
	}
	for _, a := range asked {
		s.state.files[a.ID].complete = true
	}
	return reply{"files": files}, nil
}

func filesInfo(s *Server, c call) (reply, error) {
	f := s.state.files[c.str("file")]
	if f == nil || !f.complete {
		return nil, fail("file_not_found")
	}
	return reply{"file": f.File, "comments": []any{}, "response_metadata": reply{"next_cursor": ""}}, nil
}

func filesDelete(s *Server, c call) (reply, error) {
	if s.state.files[c.str("file")] == nil {
		return nil, fail("file_not_found")
	}
	delete(s.state.files, c.str("file"))
	return reply{}, nil
}

// serveFile gives a file's bytes. Only plain images are shown in the page; all else is a download, so that no
// uploaded document runs in the page's origin.
func (s *Server) serveFile(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	f := s.state.files[r.PathValue("id")]
	if f == nil || !f.complete {
		s.mu.Unlock()
		http.NotFound(w, r)
		return
	}
	data, kind := f.data, f.Mimetype
	s.mu.Unlock()
	w.Header().Set("Content-Security-Policy", "default-src 'none'; sandbox")
	switch kind {
	case "image/png", "image/jpeg", "image/gif", "image/webp":
		w.Header().Set("Content-Type", kind)
	case "text/plain":
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	default:
		w.Header().Set("Content-Type", "application/octet-stream")
		w.Header().Set("Content-Disposition", "attachment")
	}
	if r.URL.Query().Has("download") {
		w.Header().Set("Content-Disposition", "attachment")
	}
	w.Write(data)
}
