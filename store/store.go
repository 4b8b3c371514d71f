// Package store keeps Plexor's state in one bbolt file: investigations and
// their facts, what stands in Slack and what should, event ids that were seen,
// runners, and an audit. It is the only package that imports bbolt.
//
// Every record is JSON with a schema number "v". Keys begin with a ULID where
// order in time matters, so that a bucket read backwards is newest first.
// Each exported method is one transaction: after it returned without an error,
// what it wrote survives kill -9.
package store

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"runtime/debug"
	"time"

	bolt "go.etcd.io/bbolt"
	bolterrors "go.etcd.io/bbolt/errors"
)

// schema is the version of the file's layout, and of a record that is written
// today. A file with a higher one was written by a newer Plexor and is refused.
const schema = 2

// Errors that callers decide by.
var (
	ErrLocked   = errors.New("another process holds the state file")
	ErrNewer    = errors.New("the state file was written by a newer version of plexor")
	ErrDamaged  = errors.New("the state file is damaged: put a backup in its place, or move it away to begin anew")
	ErrNotFound = errors.New("not found")
)

var (
	bucketMeta           = []byte("meta")
	bucketInvestigations = []byte("investigations") // id -> header
	bucketChecks         = []byte("checks")         // id/endpoint/step/check/runner -> check
	bucketTargets        = []byte("targets")        // target/id -> nothing
	bucketUnfinished     = []byte("unfinished")     // id -> nothing
	bucketSeen           = []byte("seen")           // event key -> when and what it made
	bucketDirty          = []byte("dirty")          // subject -> generation
	bucketPosts          = []byte("posts")          // subject/message key -> what stands in Slack
	bucketRunners        = []byte("runners")        // name -> record
	bucketAudit          = []byte("audit")          // ULID -> line
	bucketValues         = []byte("values")         // small named values
	bucketSchedules      = []byte("schedules")      // id -> schedule
	bucketProgress       = []byte("progress")       // id -> how far a schedule is
	bucketWatches        = []byte("watches")        // schedule/target -> what is known of it
	bucketSpeech         = []byte("speech")         // subject -> what is to be said
	bucketIncidents      = []byte("incidents")      // target/start+schedule -> incident
	bucketSeries         = []byte("series")         // target -> number
	bucketCauses         = []byte("causes")         // cause id -> number
	bucketResults        = []byte("results")        // number+hour -> results
	bucketHours          = []byte("hours")          // number+day -> sums by the hour
	bucketDays           = []byte("days")           // number+month -> sums by the day
	bucketAlerts         = []byte("alerts")         // number -> alert, one a fingerprint
	bucketTroubles       = []byte("troubles")       // ULID -> what alerts have in common
	bucketMutes          = []byte("mutes")          // ULID -> mute
	bucketFollowers      = []byte("followers")      // investigation/subject -> nothing
)

// Options change how a state file is opened; the zero value is ready to use.
type Options struct {
	Wait time.Duration    // for another process to let go of the file; 1 s if 0
	Now  func() time.Time // time.Now if nil
	Log  *slog.Logger     // slog.Default() if nil
}

// Store is an open state file. Its methods may be called from any goroutine.
type Store struct {
	db  *bolt.DB
	now func() time.Time
	log *slog.Logger
}

// Open opens the file at path and makes it if there is none. It returns
// ErrLocked when another process holds it, ErrNewer when it is of a later
// schema and ErrDamaged when it is no whole state file, all wrapped with the
// path.
func Open(path string, o Options) (*Store, error) {
	if o.Wait == 0 {
		o.Wait = time.Second
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Log == nil {
		o.Log = slog.Default()
	}
	db, err := openFile(path, o.Wait)
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", path, err)
	}
	db.MaxBatchDelay = 2 * time.Millisecond // one fsync is shared by whoever waits; alone it costs this much more
	s := &Store{db: db, now: o.Now, log: o.Log}
	if err := s.prepare(); err != nil {
		db.Close()
		return nil, fmt.Errorf("open %s: %w", path, err)
	}
	return s, nil
}

// openFile opens the file if it is whole. bbolt maps it into memory and trusts
// it: it panics at a page of another kind than it expects, and the kernel
// reports a page behind the file's end as a fault.
func openFile(path string, wait time.Duration) (db *bolt.DB, err error) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		if r := recover(); r != nil {
			db, err = nil, fmt.Errorf("%w (%v)", ErrDamaged, r)
		}
	}()
	db, err = bolt.Open(path, 0o600, &bolt.Options{Timeout: wait, FreelistType: bolt.FreelistMapType})
	switch {
	case errors.Is(err, bolterrors.ErrTimeout):
		return nil, ErrLocked
	case errors.Is(err, bolterrors.ErrInvalid), errors.Is(err, bolterrors.ErrChecksum), errors.Is(err, bolterrors.ErrVersionMismatch), errors.Is(err, io.ErrUnexpectedEOF):
		return nil, fmt.Errorf("%w (%w)", ErrDamaged, err)
	case err != nil && tooSmall(path):
		return nil, fmt.Errorf("%w (%w)", ErrDamaged, err)
	case err != nil:
		return nil, err
	}
	if err := whole(db); err != nil {
		db.Close()
		return nil, err
	}
	return db, nil
}

// tooSmall says if a file is shorter than a state file is at its beginning: two
// pages of meta, the freelist and a leaf.
func tooSmall(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode().IsRegular() && info.Size() < int64(4*os.Getpagesize())
}

// whole says if all pages that are in use are in the file.
func whole(db *bolt.DB) error {
	info, err := os.Stat(db.Path())
	if err != nil {
		return err
	}
	return db.View(func(tx *bolt.Tx) error {
		if info.Size() < tx.Size() {
			return fmt.Errorf("%w (%d of %d bytes are there)", ErrDamaged, info.Size(), tx.Size())
		}
		return nil
	})
}

// Close lets go of the file. It waits for transactions that are under way.
func (s *Store) Close() error { return s.db.Close() }

// Path is where the file is.
func (s *Store) Path() string { return s.db.Path() }

// Size is the file's size in bytes. bbolt never shrinks a file: retention frees
// pages in it, which later writes use, and Backup writes a compact copy.
func (s *Store) Size() int64 {
	info, err := os.Stat(s.db.Path())
	if err != nil {
		return 0
	}
	return info.Size()
}

// prepare makes what buckets are missing and brings a file of an older layout to
// ours, all or nothing.
func (s *Store) prepare() error {
	return s.db.Update(func(tx *bolt.Tx) error {
		for _, name := range s.buckets() {
			if _, err := tx.CreateBucketIfNotExists(name); err != nil {
				return fmt.Errorf("make bucket %s: %w", name, err)
			}
		}
		meta := tx.Bucket(bucketMeta)
		if v := meta.Get([]byte("schema")); v != nil {
			if len(v) != 8 || binary.BigEndian.Uint64(v) > schema {
				return ErrNewer
			}
			if err := migrate(tx, binary.BigEndian.Uint64(v)); err != nil {
				return err
			}
		}
		return meta.Put([]byte("schema"), binary.BigEndian.AppendUint64(nil, schema))
	})
}

func (s *Store) buckets() [][]byte {
	return [][]byte{
		bucketMeta, bucketInvestigations, bucketChecks, bucketTargets, bucketUnfinished, bucketSeen,
		bucketDirty, bucketPosts, bucketRunners, bucketAudit, bucketValues,
		bucketSchedules, bucketProgress, bucketWatches, bucketSpeech, bucketIncidents,
		bucketSeries, bucketCauses, bucketResults, bucketHours, bucketDays,
		bucketAlerts, bucketTroubles, bucketMutes, bucketFollowers,
	}
}

// Backup writes a compact and consistent copy to path while the store is in
// use. The file must not exist.
func (s *Store) Backup(path string) (err error) {
	if _, err := os.Lstat(path); err == nil {
		return fmt.Errorf("backup to %s: %w", path, os.ErrExist)
	}
	dst, err := bolt.Open(path, 0o600, &bolt.Options{Timeout: time.Second})
	if err != nil {
		return fmt.Errorf("backup to %s: %w", path, err)
	}
	defer func() {
		if err = errors.Join(err, dst.Close()); err != nil {
			os.Remove(path) // half a backup is none
		}
	}()
	if err := bolt.Compact(dst, s.db, 1<<20); err != nil {
		return fmt.Errorf("backup to %s: %w", path, err)
	}
	return nil
}

// Ping writes nothing and reads one value: an error means that the file can no
// longer be read.
func (s *Store) Ping() error {
	return s.db.View(func(tx *bolt.Tx) error {
		if tx.Bucket(bucketMeta) == nil {
			return ErrNotFound
		}
		return nil
	})
}
