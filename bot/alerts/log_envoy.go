package alerts

import (
	"bytes"
	"strings"

	"github.com/go-json-experiment/json"
)

// envoyLine reads a line of Envoy's access log, in its default format, in Istio's, or as JSON. In both text formats the upstream
// host is the last field in quotes, and Istio's cluster follows it.
//
//	[time] "METHOD path PROTOCOL" code flags … "authority" "upstream host" [cluster …]
func envoyLine(line []byte) (Failure, bool) {
	if len(line) > 0 && line[0] == '{' {
		return envoyJSON(line)
	}
	start := bytes.IndexByte(line, '"')
	if start < 0 || line[0] != '[' {
		return Failure{}, false
	}
	_, rest, ok := quotedField(line[start:])
	if !ok {
		return Failure{}, false
	}
	_, rest = nextField(rest)
	flags, rest := nextField(rest)
	kind := envoyKind(string(flags))
	if kind == "" {
		return Failure{}, false
	}
	end := bytes.LastIndexByte(rest, '"')
	if end < 0 {
		return Failure{}, false
	}
	open := bytes.LastIndexByte(rest[:end], '"')
	host, after := string(rest[open+1:end]), bytes.TrimPrefix(rest[end+1:], []byte(" "))
	cluster, _ := nextField(after)
	return envoyFailure(kind, string(rest[:max(0, min(open, 200))]), host, string(cluster))
}

// envoyKind reads the response flags, short or long (access log manual, RESPONSE_FLAGS). Flags about routes, limits and clients say
// nothing about a server.
func envoyKind(flags string) string {
	if flags == "-" || len(flags) > 256 {
		return ""
	}
	kind := ""
	for flag := range strings.SplitSeq(flags, ",") {
		switch flag {
		case "UF", "UpstreamConnectionFailure":
			return Failed
		case "UH", "NoHealthyUpstream":
			kind = NoServer
		case "UC", "UpstreamConnectionTermination":
			kind = Closed
		case "UT", "UpstreamRequestTimeout":
			kind = Hang
		case "UR", "LR", "UpstreamRemoteReset", "LocalReset", "ConnectionReset":
			kind = Reset
		}
	}
	return kind
}

// envoyFailure names the target: the host that was tried, else the cluster.
func envoyFailure(kind, reasons, host, cluster string) (Failure, bool) {
	f := Failure{Kind: kind}
	if kind == Failed {
		f.Kind = envoyReason(reasons)
	}
	if t, ok := hostPort(host); ok {
		f.Target = t
		return f, true
	}
	if t, ok := istioHost(cluster); ok {
		f.Target = t
		return f, true
	}
	if cluster != "-" && validName(cluster) {
		f.Target = cluster
		return f, true
	}
	f.Why = "the line names neither upstream host nor cluster"
	return f, true
}

// envoyReason reads the transport failure: "delayed_connect_error:_111", since Envoy 1.33 "delayed_connect_error:_Connection_refused".
func envoyReason(reasons string) string {
	switch i := strings.Index(reasons, "delayed_connect_error:_"); {
	case i < 0:
	case strings.HasPrefix(reasons[i+23:], "111"):
		return Refused
	case strings.HasPrefix(reasons[i+23:], "113"), strings.HasPrefix(reasons[i+23:], "101"):
		return Unreachable
	case strings.HasPrefix(reasons[i+23:], "110"):
		return TimedOut
	default:
		reasons = reasons[i:]
	}
	return firstOf(failureKind(strings.ReplaceAll(reasons, "_", " ")), Failed)
}

// istioHost reads "outbound|8080|subset|web.default.svc.cluster.local".
func istioHost(cluster string) (string, bool) {
	parts := strings.Split(cluster, "|")
	if len(parts) != 4 || parts[0] != "outbound" || parts[3] == "" {
		return "", false
	}
	return hostPort(joinPort(parts[3], parts[1]))
}

// envoyJSON reads a line of the JSON format, whose keys an administrator chooses; these are those of Envoy's and Istio's examples.
func envoyJSON(line []byte) (Failure, bool) {
	if jsonProgram(line) != "envoy" {
		return Failure{}, false
	}
	var l struct {
		Flags   text `json:"response_flags"`
		Details text `json:"response_code_details"`
		Reason  text `json:"upstream_transport_failure_reason"`
		Host    text `json:"upstream_host"`
		Cluster text `json:"upstream_cluster"`
	}
	if countParts(line) != nil || json.Unmarshal(line, &l, lenient) != nil {
		return Failure{}, false
	}
	kind := envoyKind(string(l.Flags))
	if kind == "" {
		return Failure{}, false
	}
	return envoyFailure(kind, string(l.Reason+" "+l.Details), string(l.Host), string(l.Cluster))
}
