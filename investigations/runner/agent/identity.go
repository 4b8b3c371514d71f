package agent

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/nats-io/nkeys"
	"github.com/plexorbot/plexor/investigations/runner"
)

// ErrNotJoined says that there is neither a token nor the state of a runner that
// joined.
var ErrNotJoined = errors.New("this runner has not joined a bot yet: ask for a token with plexor runner token --name NAME, and give it with --join")

// Identity is who a runner is and whom it dials. Seed and Secret are secrets.
type Identity struct {
	Name    string `json:"name"`
	Address string `json:"address"`          // the bot's, host:port
	Pin     []byte `json:"pin"`              // of the bot's certificate
	Seed    []byte `json:"seed"`             // of its nkey
	Secret  []byte `json:"secret,omitempty"` // of the token, until it has joined
	Token   string `json:"token"`            // the secret's hash: the same token again changes nothing

	dir string
}

// The files in a runner's state directory: of the bot that it joined, and of one
// that it is about to join.
const (
	fileJoined  = "runner.json"
	fileJoining = "joining.json"
)

// Open returns the identity kept in dir. With a token that it does not know it
// makes a key of its own and an identity that is to join; the key is kept before
// it is used, so that a runner that dies while it joins is not locked out.
// Without a token and without state it returns ErrNotJoined.
func Open(dir, token string) (Identity, error) {
	joined, err := read(dir, fileJoined)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return Identity{}, err
	}
	if token == "" {
		if err != nil {
			return Identity{}, ErrNotJoined
		}
		return joined, nil
	}
	t, bad := runner.ParseToken(token)
	if bad != nil {
		return Identity{}, bad
	}
	hash := runner.HashSecret(t.Secret)
	if err == nil && joined.Token == hash {
		return joined, nil
	}
	if joining, err := read(dir, fileJoining); err == nil && joining.Token == hash {
		return joining, nil
	}
	return begin(dir, t, hash)
}

// begin makes a key for a token.
func begin(dir string, t runner.Token, hash string) (Identity, error) {
	key, err := nkeys.CreateUser()
	if err != nil {
		return Identity{}, fmt.Errorf("make the runner's key: %w", err)
	}
	seed, err := key.Seed()
	if err != nil {
		return Identity{}, fmt.Errorf("make the runner's key: %w", err)
	}
	id := Identity{Name: t.Name, Address: t.Address, Pin: t.Pin, Seed: seed, Secret: t.Secret, Token: hash, dir: dir}
	return id, id.write(fileJoining)
}

// joined reports whether the bot knows the key.
func (id *Identity) joined() bool { return len(id.Secret) == 0 }

// noteJoined keeps that the bot has taken the key.
func (id *Identity) noteJoined() error {
	if id.joined() {
		return nil
	}
	id.Secret = nil
	if err := id.write(fileJoined); err != nil {
		return err
	}
	return os.Remove(filepath.Join(id.dir, fileJoining))
}

func (id *Identity) check() error {
	if err := runner.CheckName(id.Name); err != nil {
		return err
	}
	if id.Address == "" || len(id.Pin) == 0 {
		return errors.New("the runner's state lacks the bot's address or its certificate's pin")
	}
	return nil
}

func read(dir, file string) (Identity, error) {
	path := filepath.Join(dir, file)
	data, err := os.ReadFile(path)
	if err != nil {
		return Identity{}, fmt.Errorf("read the runner's state: %w", err)
	}
	id := Identity{dir: dir}
	if err := json.Unmarshal(data, &id); err != nil {
		return Identity{}, fmt.Errorf("read the runner's state in %s: %w", path, err)
	}
	return id, id.check()
}

// write keeps an identity in a file that appears whole or not at all.
func (id *Identity) write(file string) (err error) {
	defer func() {
		if err != nil {
			err = fmt.Errorf("keep the runner's state: %w", err)
		}
	}()
	data, err := json.Marshal(id)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(id.dir, 0o700); err != nil {
		return err
	}
	f, err := os.CreateTemp(id.dir, ".state-*")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name()) // gone already when all went well
	_, err = f.Write(data)
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	return os.Rename(f.Name(), filepath.Join(id.dir, file))
}
