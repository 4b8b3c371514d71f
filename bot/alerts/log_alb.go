package alerts

import (
	"bytes"
	"strings"
)

// albLine reads an entry of the access log of an AWS Application Load Balancer. Its first fields are: type, time, load balancer,
// client:port, target:port, three processing times, the load balancer's status, the target's status. A target's status of "-" means
// that no answer came. Later fields, and those that will be added, are not looked at but for the target group.
func albLine(line []byte) (Failure, bool) {
	var fields [10][]byte
	rest := line
	for i := range fields {
		fields[i], rest = nextField(rest)
	}
	target, took, status, answer := fields[4], fields[6], string(fields[8]), string(fields[9])
	if answer != "-" || len(status) != 3 || status[0] != '5' {
		return Failure{}, false
	}
	f := Failure{Kind: albKind(status, string(took))}
	if f.Kind == "" {
		return Failure{}, false
	}
	if t, ok := hostPort(string(target)); ok {
		f.Target = t
		return f, true
	}
	if status != "503" {
		return Failure{}, false
	}
	f.Why = "no target was left in the target group"
	if arn := targetGroupIn(rest); arn != "" {
		f.Why = "no target was left in " + arn
	}
	return f, true
}

// albKind: 502 without an answer is a connection that failed or was cut, 503 a group without targets, 504 a connection or an
// answer that took too long (user guide, "Troubleshoot your Application Load Balancers").
func albKind(status, took string) string {
	switch {
	case status == "502":
		return Failed
	case status == "503":
		return NoServer
	case status == "504" && took == "-1":
		return TimedOut
	case status == "504":
		return Hang
	}
	return ""
}

// targetGroupIn finds the ARN among the fields after the request; the request itself is quoted and skipped.
func targetGroupIn(rest []byte) string {
	const marker = " arn:aws"
	for {
		i := bytes.Index(rest, []byte(marker))
		if i < 0 {
			return ""
		}
		field, after := nextField(rest[i+1:])
		if strings.Contains(string(field), ":targetgroup/") && len(field) < 256 && validARN(string(field)) {
			return string(field)
		}
		rest = after
	}
}

func validARN(s string) bool {
	for i := 0; i < len(s); i++ {
		if !alnum(s[i]) && strings.IndexByte(":/-_", s[i]) < 0 {
			return false
		}
	}
	return true
}
