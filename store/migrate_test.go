package store

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	bolt "go.etcd.io/bbolt"
)

// TestMigrateFrom1 opens a file of the first layout, in which two kinds of
// record had no number.
func TestMigrateFrom1(t *testing.T) {
	path := filepath.Join(t.TempDir(), "plexor.db")
	db, err := bolt.Open(path, 0o600, nil)
	if err != nil {
		t.Fatal(err)
	}
	err = db.Update(func(tx *bolt.Tx) error {
		for bucket, records := range map[string]map[string][]byte{
			"meta":   {"schema": binary.BigEndian.AppendUint64(nil, 1)},
			"dirty":  {"inv/A": binary.BigEndian.AppendUint64(nil, 5), "inv/B": binary.BigEndian.AppendUint64(nil, 7), "torn": []byte("x")},
			"values": {"classic/T1": []byte("1")},
		} {
			b, err := tx.CreateBucket([]byte(bucket))
			if err != nil {
				return err
			}
			for k, v := range records {
				if err := b.Put([]byte(k), v); err != nil {
					return err
				}
			}
			if err := b.SetSequence(7); err != nil {
				return err
			}
		}
		return nil
	})
	if err = errors.Join(err, db.Close()); err != nil {
		t.Fatal(err)
	}
	for _, time := range []string{"first", "second"} {
		s, err := Open(path, Options{})
		if err != nil {
			t.Fatal(err)
		}
		if all, err := s.Dirty(); err != nil || len(all) != 2 || all[0] != (Dirty{"inv/A", 5}) || all[1] != (Dirty{"inv/B", 7}) {
			t.Errorf("the %s time: Dirty = %v, %v; want A at 5 and B at 7", time, all, err)
		}
		if v, err := s.Value("classic/T1"); err != nil || string(v) != "1" {
			t.Errorf("the %s time: Value = %q, %v; want 1", time, v, err)
		}
		s.Close()
	}
}

// TestEveryRecordHasItsNumber looks at all that a busy state file holds.
func TestEveryRecordHasItsNumber(t *testing.T) {
	s, now := open(t)
	inv := newInvestigation(*now, "web:80")
	create(t, s, inv, "e1")
	for _, e := range run(inv.ID, *now) {
		if err := s.Apply(inv.ID, e); err != nil {
			t.Fatal(err)
		}
	}
	err := errors.Join(s.PutPost(Subject(inv.ID), Post{Key: "parent"}), s.PutValue("classic/T1", []byte("1")), s.Audit(AuditLine{Who: "U1"}))
	if err != nil {
		t.Fatal(err)
	}
	records := 0
	err = s.db.View(func(tx *bolt.Tx) error {
		return tx.ForEach(func(name []byte, b *bolt.Bucket) error {
			return b.ForEach(func(k, v []byte) error {
				if string(name) == string(bucketMeta) || len(v) == 0 { // an index has keys alone
					return nil
				}
				records++
				var r struct{ V int }
				if err := json.Unmarshal(v, &r); err != nil || r.V != schema {
					t.Errorf("%s %q has number %d, %v; want %d", name, k, r.V, err, schema)
				}
				return nil
			})
		})
	})
	if err != nil || records < 7 {
		t.Errorf("%d records, %v; want those of an investigation", records, err)
	}
}

// TestOpenTruncated: a file that lost its end, as on a disk that was full, or
// that is none of ours, is refused in words.
func TestOpenTruncated(t *testing.T) {
	s, now := open(t)
	for range 50 {
		create(t, s, newInvestigation(*now, "web:80"), "")
	}
	var used int
	s.db.View(func(tx *bolt.Tx) error { used = int(tx.Size()); return nil })
	path := s.Path()
	s.Close()
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for size := 1; size < used; size += used/40 + 1 {
		refuses(t, fmt.Sprintf("%d of %d bytes", size, used), whole[:size])
	}
	refuses(t, "a text", bytes.Repeat([]byte("not a state file\n"), 4000))
	for _, page := range []int{2, 3} { // the first that are not metas
		torn := bytes.Clone(whole)
		clear(torn[page*os.Getpagesize() : (page+1)*os.Getpagesize()])
		path := filepath.Join(t.TempDir(), "plexor.db")
		if err := os.WriteFile(path, torn, 0o600); err != nil {
			t.Fatal(err)
		}
		if s, err := Open(path, Options{}); err == nil {
			s.Close() // that page was free
		} else if !errors.Is(err, ErrDamaged) {
			t.Errorf("Open with page %d cleared = %v, want ErrDamaged", page, err)
		}
	}
}

func refuses(t *testing.T, what string, file []byte) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "plexor.db")
	if err := os.WriteFile(path, file, 0o600); err != nil {
		t.Fatal(err)
	}
	s, err := Open(path, Options{})
	if err == nil {
		s.Close()
	}
	if !errors.Is(err, ErrDamaged) {
		t.Errorf("Open of %s = %v, want ErrDamaged", what, err)
	}
}
