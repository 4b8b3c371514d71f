package follow

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"
)

// A place is up to where a source was read.
type place struct {
	Offset int64  `json:"offset,omitempty"` // of a file
	Head   head   `json:"head,omitzero"`    // of that file
	Cursor string `json:"cursor,omitempty"` // of the journal
}

// places is the file of places.
type places struct {
	At      time.Time        `json:"at"` // when it was written
	Sources map[string]place `json:"sources"`
}

const (
	// placeFile is its name.
	placeFile = "follow.json"
	// placeAge is how old a place may be. What was written while nobody
	// followed for longer is history, not an alert.
	placeAge = 10 * time.Minute
	// maxPlaces bounds the file that is read, in bytes.
	maxPlaces = 1 << 20
)

// readPlaces reads the places of a directory; none without a directory, or where
// they are too old.
func readPlaces(dir string) (map[string]place, error) {
	if dir == "" {
		return nil, nil
	}
	path := filepath.Join(dir, placeFile)
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err == nil && info.Size() > maxPlaces {
		err = errors.New("it is too large")
	}
	var data []byte
	if err == nil {
		data, err = os.ReadFile(path)
	}
	var all places
	if err == nil {
		err = json.Unmarshal(data, &all)
	}
	if err != nil {
		return nil, fmt.Errorf("read up to where logs were followed: %w", err)
	}
	if age := time.Since(all.At); age > placeAge || age < -placeAge {
		return nil, fmt.Errorf("logs were last followed %s ago: what they say since then is left out", age.Round(time.Second))
	}
	return all.Sources, nil
}

// writePlaces replaces the places of a directory.
func writePlaces(dir string, sources map[string]place) error {
	data, err := json.Marshal(places{At: time.Now().UTC(), Sources: sources})
	if err != nil {
		return err
	}
	path := filepath.Join(dir, placeFile)
	if err := os.WriteFile(path+".new", append(data, '\n'), 0o600); err != nil {
		return fmt.Errorf("keep up to where logs were followed: %w", err)
	}
	if err := os.Rename(path+".new", path); err != nil {
		return fmt.Errorf("keep up to where logs were followed: %w", err)
	}
	return nil
}
