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
package schedules
