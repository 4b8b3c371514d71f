// Package schedules knows when to look: it reads schedule expressions, says in
// words what they mean, and gives the times at which they fire. It is pure; who
// keeps schedules and runs them is the bot.
//
// # Daylight saving
//
// An expression is about the wall clock of its time zone.
//
//   - One whose hour field is * (every five minutes, every hour at :15) runs in
//     real time: at both changes the runs follow each other as on any day.
//   - One that names hours runs once for each wall time. A time that the spring
//     change skips runs as much later as the clock jumped: 02:30 becomes the
//     instant that is called 03:30 then. A time that the autumn change repeats
//     runs the first time.
//
// So no run is lost and none is doubled. Two wall times that come to the same
// instant are one run. @every counts real time from a fixed anchor.
//
// # Clocks that step, and time that passed unseen
//
// A clock that was set forward, a machine that slept and a bot that was down are
// the same: times have passed. With catch_up one a single run stands for all of
// them, with none they are passed over; both are counted as missed. A clock that
// was set back lets a schedule in real time go on in real time, and one that
// names hours wait for its next time that has not been. A run that had begun when
// the bot died is made again, with its own time.
//
// # What a run is
//
// A run that comes when the one before goes on is not started, and counted as an
// overlap, which messages name. Jitter is a fixed place of each schedule's own
// within its bound, so that runs keep their distance and a thousand schedules of
// one time are spread. Somebody's wish for a run is kept like a time of the
// schedule: a crash loses neither.
//
// # Uptime
//
// Uptime is the share of looks that found a target well, out of those that could
// be made. Time in which nobody looked counts neither way: the bot was down, the
// schedule was paused, no runner could look. Mutes and maintenance windows stop
// speech, not looks, and what is found meanwhile counts. An incident ends when the
// target is well again, or when nobody looks any more, and then says so.
//
// # Numbers
//
// Measured on a machine of two cores that did other things besides:
//
//	10,000 schedules of a minute, quick checks:   every run within 1 s of its time, 0.3 cores, 135 MB
//	   PLEXOR_BENCH=1 go test ./cmd/plexor -run xxx -bench Schedules10000 -benchtime 1x
//	a year of minute results of 1,000 targets:    opens in 7 ms, a history in 12 ms, 245 kB a target
//	   PLEXOR_BENCH=1 go test ./store -run xxx -bench Year -benchtime 3x -timeout 40m
//	quick checks a second beside the blackbox exporter under wrk -c64:   4.4 times as many refused, 4.2 accepted
//	   PLEXOR_BENCH=1 BLACKBOX=prometheus-blackbox-exporter go test ./cmd/plexor -run xxx -bench QuickChecks -benchtime 1x
package schedules
