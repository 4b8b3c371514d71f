// Package follow reads the logs of load balancers as they are written, and
// raises what a recogniser takes for a failure: a refused backend is raised well
// within a second of its line.
//
// It follows files (through rotation by rename and by copytruncate, truncation,
// and before they are there), the journal of one systemd unit, and syslog on a
// Unix datagram socket or on UDP over loopback. From the outside in: Follower
// owns the sources; file.go, journal.go and socket.go read one kind each; a feed
// cuts into lines, samples and recognises; the tally counts what is the same
// within a second and raises it; places are kept on disk, so that a restart
// neither misses a line nor raises one twice.
//
// Processor time and memory are bounded whatever is written: of a line the first
// 16 KiB are read, of more than 20,000 lines a second a sample, of more than 64
// MiB that came in one go the end; what is raised then says that it is a sample.
//
// PLEXOR_TEST_COST=8 go test -v -run TestCost ./investigations/runner/follow says
// what that costs, with each line a failure. On a machine of two cores, 10,000
// lines a second of nginx's error log took 3.2 % of a core, 50,000 took 5.3 %; of
// HAProxy's over UDP, 10,000 took 8 %; over a Unix socket 17 % where
// the kernel keeps 10 messages (net.unix.max_dgram_qlen), which have to be read
// one by one.
//
// The journal is the one source that is read through a program: journalctl, in
// its export format, which is made for programs and documented as stable
// (systemd, JOURNAL_EXPORT_FORMATS). The files of the journal have one reader,
// libsystemd, that keeps up with their changes and compressions.
package follow
