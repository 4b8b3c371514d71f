package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"
)

// client speaks to a running bot's API.
type client struct {
	base  string
	token string
}

// where finds the bot: --server, or the address in the configuration file.
type where struct {
	server, tokenFile, config *string
}

func (w *where) flags(f *flag.FlagSet) {
	w.server = f.String("server", "", "URL of a running bot's API; else http.listen of the configuration")
	w.tokenFile = f.String("token-file", "", "file with its bearer token; else http.token_file or PLEXOR_TOKEN")
	w.config = f.String("config", "plexor.yml", "configuration file")
}

// client returns a client of the bot, whether it runs or not.
func (w *where) client(env func(string) string) (*client, error) {
	base, file := *w.server, *w.tokenFile
	if base == "" {
		c, err := readConfig(*w.config)
		if err != nil {
			return nil, err
		}
		base = "http://" + c.HTTP.Listen
		if file == "" {
			file = c.HTTP.TokenFile
		}
	} else if file == "" && env("PLEXOR_TOKEN") == "" {
		if c, err := readConfig(*w.config); err == nil {
			file = c.HTTP.TokenFile
		}
	}
	u, err := url.Parse(base)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return nil, &usageError{reason: "--server is a URL such as http://127.0.0.1:8066"}
	}
	token, err := secret(file, "PLEXOR_TOKEN", env)
	if err != nil {
		return nil, err
	}
	return &client{base: strings.TrimSuffix(base, "/"), token: token}, nil
}

// errNoBot says that nobody answers where the bot should be.
var errNoBot = errors.New("no bot answers")

// answerLimit bounds what is read of an answer, in bytes.
const answerLimit = 64 << 20

// call sends a request and decodes its JSON answer into answer, unless nil.
func (c *client) call(ctx context.Context, method, path string, body, answer any) error {
	resp, err := c.open(ctx, method, path, body)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if answer == nil {
		return nil
	}
	if err := json.NewDecoder(io.LimitReader(resp.Body, answerLimit)).Decode(answer); err != nil {
		return fmt.Errorf("read the bot's answer: %w", err)
	}
	return nil
}

// open sends a request; an answer that is an error becomes one in the bot's own
// words.
func (c *client) open(ctx context.Context, method, path string, body any) (*http.Response, error) {
	var text io.Reader
	if body != nil {
		b, err := json.Marshal(body)
		if err != nil {
			return nil, fmt.Errorf("encode the request: %w", err)
		}
		text = bytes.NewReader(b)
	}
	req, err := http.NewRequestWithContext(ctx, method, c.base+path, text)
	if err != nil {
		return nil, fmt.Errorf("call the bot: %w", err)
	}
	req.Header.Set("Authorization", "Bearer "+c.token)
	resp, err := (&http.Client{Timeout: 2 * time.Minute}).Do(req)
	if err != nil {
		return nil, fmt.Errorf("%w at %s: %w", errNoBot, c.base, err)
	}
	if resp.StatusCode < 300 {
		return resp, nil
	}
	defer resp.Body.Close()
	var said struct {
		Error struct{ Code, Message, Hint string }
	}
	if json.NewDecoder(io.LimitReader(resp.Body, 1<<20)).Decode(&said) != nil || said.Error.Message == "" {
		return nil, fmt.Errorf("the bot at %s answered %s", c.base, clean(resp.Status))
	}
	return nil, &usageError{reason: cleanLines(said.Error.Message), hint: cleanLines(said.Error.Hint)}
}

// download writes the body of an answer to a new file.
func (c *client) download(ctx context.Context, path, file string) (n int64, err error) {
	f, err := os.OpenFile(file, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return 0, fmt.Errorf("write what the bot sends: %w", err)
	}
	defer func() {
		if err = errors.Join(err, f.Close()); err != nil {
			os.Remove(file) // half a backup is none
		}
	}()
	resp, err := c.open(ctx, http.MethodGet, path, nil)
	if err != nil {
		return 0, err
	}
	defer resp.Body.Close()
	return io.Copy(f, resp.Body)
}
