package firewall

// counter is [ counter pkts N ].
type counter struct{ packets int64 }

func (*counter) eval(*work) outcome { return matched() }

// limit is [ limit rate … ].
type limit struct {
	rate, unit uint64 // per so many seconds
	burst      uint32
	bytes      bool
	over       bool
}

func (*limit) eval(*work) outcome { return matches(maybe, "a rate limit") }

// logLine is [ log … ].
type logLine struct {
	prefix string
	group  int // -1: none
	level  int // -1: none
}

func (*logLine) eval(*work) outcome { return matched() }
