package schedules

import (
	"sync"
	"time"
	_ "time/tzdata" // for hosts and images without the data base
)

// zoneCache keeps zones that were loaded: reading one is a file.
var zoneCache sync.Map

// ZoneOf returns the zone of a name that Parse took; UTC for any other.
func ZoneOf(name string) *time.Location {
	if loc, ok := zoneCache.Load(name); ok {
		return loc.(*time.Location)
	}
	loc, err := zoneOf(name)
	if err != nil {
		return time.UTC
	}
	zoneCache.Store(name, loc)
	return loc
}

// IsZone reports whether name is a time zone of the IANA data base.
func IsZone(name string) bool {
	_, err := zoneOf(name)
	return err == nil && name != "" && name != "Local"
}
