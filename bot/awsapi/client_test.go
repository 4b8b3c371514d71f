package awsapi

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

const (
	shopGroup = "arn:aws:elasticloadbalancing:eu-west-1:210987654321:targetgroup/shop/73e2d6bc24d8a067"
	shopLB    = "arn:aws:elasticloadbalancing:eu-west-1:210987654321:loadbalancer/app/front/50dc6c495c0c9188"
)

// cloud is a server that answers as the API references of Elastic Load Balancing
// (version 2015-12-01) and EC2 (2016-11-15) say. It takes only signed requests.
type cloud struct {
	t  *testing.T
	mu sync.Mutex
	// health has the members of each target group; a member is "id port state reason checkPort".
	health    map[string][]string
	groups    map[string][]string // of load balancers
	addresses map[string]string   // of instances
	asked     []string            // actions
	hold      chan struct{}       // if not nil, answers wait for it
	refuse    string              // the code of an error for all
}

var signed = regexp.MustCompile(`^AWS4-HMAC-SHA256 Credential=AKIDTEST/[0-9]{8}/eu-west-1/(ec2|elasticloadbalancing)/aws4_request, SignedHeaders=\S*host\S*, Signature=[0-9a-f]{64}$`)

func (s *cloud) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if !signed.MatchString(r.Header.Get("Authorization")) {
		s.t.Errorf("Authorization = %q, want a signature of version 4 for eu-west-1", r.Header.Get("Authorization"))
	}
	r.ParseForm()
	action := r.Form.Get("Action")
	s.mu.Lock()
	s.asked = append(s.asked, action)
	hold, refuse := s.hold, s.refuse
	s.mu.Unlock()
	if hold != nil {
		select {
		case <-hold:
		case <-r.Context().Done():
			return
		}
	}
	w.Header().Set("Content-Type", "text/xml")
	if refuse != "" {
		w.WriteHeader(http.StatusForbidden)
		if action == "DescribeInstances" {
			fmt.Fprintf(w, `<Response><Errors><Error><Code>%s</Code><Message>not for you</Message></Error></Errors></Response>`, refuse)
			return
		}
		fmt.Fprintf(w, `<ErrorResponse xmlns="http://elasticloadbalancing.amazonaws.com/doc/2015-12-01/"><Error><Type>Sender</Type><Code>%s</Code><Message>not for you</Message></Error></ErrorResponse>`, refuse)
		return
	}
	switch action {
	case "DescribeTargetHealth":
		s.describeHealth(w, r.Form.Get("TargetGroupArn"))
	case "DescribeTargetGroups":
		s.describeGroups(w, r.Form.Get("LoadBalancerArn"))
	case "DescribeInstances":
		s.describeInstances(w, r)
	default:
		s.t.Errorf("asked for %q", action)
	}
}

func (s *cloud) describeHealth(w http.ResponseWriter, group string) {
	fmt.Fprint(w, `<DescribeTargetHealthResponse xmlns="http://elasticloadbalancing.amazonaws.com/doc/2015-12-01/"><DescribeTargetHealthResult><TargetHealthDescriptions>`)
	for _, m := range s.health[group] {
		f := strings.Fields(m)
		fmt.Fprintf(w, `<member><HealthCheckPort>%s</HealthCheckPort><TargetHealth><State>%s</State>`, f[4], f[2])
		if f[3] != "-" {
			fmt.Fprintf(w, `<Reason>%s</Reason><Description>Health checks failed</Description>`, f[3])
		}
		fmt.Fprintf(w, `</TargetHealth><Target><Id>%s</Id>`, f[0])
		if f[1] != "-" {
			fmt.Fprintf(w, `<Port>%s</Port>`, f[1])
		}
		fmt.Fprint(w, `</Target></member>`)
	}
	fmt.Fprint(w, `</TargetHealthDescriptions></DescribeTargetHealthResult></DescribeTargetHealthResponse>`)
}

func (s *cloud) describeGroups(w http.ResponseWriter, balancer string) {
	fmt.Fprint(w, `<DescribeTargetGroupsResponse xmlns="http://elasticloadbalancing.amazonaws.com/doc/2015-12-01/"><DescribeTargetGroupsResult><TargetGroups>`)
	for _, g := range s.groups[balancer] {
		fmt.Fprintf(w, `<member><TargetGroupArn>%s</TargetGroupArn><Protocol>HTTP</Protocol></member>`, g)
	}
	fmt.Fprint(w, `</TargetGroups></DescribeTargetGroupsResult></DescribeTargetGroupsResponse>`)
}

func (s *cloud) describeInstances(w http.ResponseWriter, r *http.Request) {
	fmt.Fprint(w, `<DescribeInstancesResponse xmlns="http://ec2.amazonaws.com/doc/2016-11-15/"><reservationSet>`)
	for i := 1; ; i++ {
		id := r.Form.Get(fmt.Sprint("InstanceId.", i))
		if id == "" {
			break
		}
		fmt.Fprintf(w, `<item><instancesSet><item><instanceId>%s</instanceId><privateIpAddress>%s</privateIpAddress></item></instancesSet></item>`, id, s.addresses[id])
	}
	fmt.Fprint(w, `</reservationSet></DescribeInstancesResponse>`)
}

// start serves s and returns a client that asks it.
func start(t *testing.T, s *cloud) *Client {
	t.Helper()
	s.t = t
	server := httptest.NewServer(s)
	t.Cleanup(server.Close)
	t.Setenv("AWS_ACCESS_KEY_ID", "AKIDTEST")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "of no use elsewhere")
	t.Setenv("AWS_CONFIG_FILE", "/dev/null")
	t.Setenv("AWS_SHARED_CREDENTIALS_FILE", "/dev/null")
	c, err := New(context.Background(), Options{Endpoint: server.URL})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestTargets(t *testing.T) {
	const failed = "Target.FailedHealthChecks"
	s := &cloud{
		groups: map[string][]string{shopLB: {shopGroup}},
		addresses: map[string]string{
			"i-0aa11bb22cc33dd44": "10.40.3.9", "i-0bb11bb22cc33dd44": "",
		},
	}
	c := start(t, s)
	for _, test := range []struct {
		name, arn string
		members   []string
		want      []string
		about     string
	}{
		{"addresses, one of them unhealthy", shopGroup, []string{"10.40.3.8 7070 unhealthy " + failed + " 7070", "10.40.3.10 7070 healthy - 7070"}, []string{"10.40.3.8:7070"}, "1 of 2 targets unhealthy: Target.FailedHealthChecks (Health checks failed)"},
		{"an instance", shopGroup, []string{"i-0aa11bb22cc33dd44 7070 unhealthy " + failed + " 7070"}, []string{"10.40.3.9:7070"}, "1 of 1"},
		{"an instance that is gone", shopGroup, []string{"i-0bb11bb22cc33dd44 7070 unhealthy " + failed + " 7070"}, nil, "no private address"},
		{"IPv6", shopGroup, []string{"fd40:7::1 7070 unhealthy " + failed + " 7070"}, []string{"[fd40:7::1]:7070"}, ""},
		{"a port of its own for checks", shopGroup, []string{"10.40.3.8 7070 unhealthy " + failed + " 9000"}, []string{"10.40.3.8:9000"}, ""},
		{"all healthy: all are looked at", shopGroup, []string{"10.40.3.8 7070 healthy - 9000", "10.40.3.9 7070 draining - 9000"}, []string{"10.40.3.8:7070"}, "0 of 2 targets unhealthy"},
		{"a function", shopGroup, []string{"arn:aws:lambda:eu-west-1:210987654321:function:f:lambda: - unhealthy " + failed + " 1"}, nil, "Lambda"},
		{"nothing registered", shopGroup, nil, nil, "no target registered"},
		{"a load balancer", shopLB, []string{"10.40.3.8 7070 unhealthy " + failed + " 7070"}, []string{"10.40.3.8:7070"}, ""},
	} {
		s.health = map[string][]string{shopGroup: test.members}
		clear(c.kept)
		got, err := c.Targets(context.Background(), test.arn)
		if err != nil || !slices.Equal(got.Targets, test.want) || !strings.Contains(got.About, test.about) {
			t.Errorf("%s: Targets = %q, %q, %v; want %q and %q", test.name, got.Targets, got.About, err, test.want, test.about)
		}
	}
}

// TestARNs has nothing but ARNs of load balancing choose whom to ask.
func TestARNs(t *testing.T) {
	s := &cloud{}
	c := start(t, s)
	for _, bad := range []string{
		"", "shop", strings.Replace(shopGroup, "eu-west-1", "evil.example.com/", 1), strings.Replace(shopGroup, "elasticloadbalancing", "s3", 1),
		strings.Replace(shopGroup, "eu-west-1", "eu-west-1#", 1), shopGroup + "\n", strings.Replace(shopGroup, ":210987654321:", "::", 1),
	} {
		if f, err := c.Targets(context.Background(), bad); err == nil {
			t.Errorf("Targets(%q) = %v, want an error", bad, f)
		}
	}
	if len(s.asked) != 0 {
		t.Errorf("asked %v, want nothing", s.asked)
	}
}

// TestRefused has AWS say no: what it said is what a person needs.
func TestRefused(t *testing.T) {
	s := &cloud{refuse: "AccessDenied"}
	c := start(t, s)
	if _, err := c.Targets(context.Background(), shopGroup); err == nil || !strings.Contains(err.Error(), "DescribeTargetHealth: AccessDenied: not for you") {
		t.Errorf("Targets = %v, want what AWS said", err)
	}
	a, _ := parseARN(shopGroup)
	if err := c.instances(context.Background(), a, []string{"i-0aa11bb22cc33dd44"}, map[string]string{}); err == nil || !strings.Contains(err.Error(), "UnauthorizedOperation not for you") && !strings.Contains(err.Error(), "AccessDenied not for you") {
		t.Errorf("instances = %v, want what AWS said", err)
	}
}

// TestAskedOnce has many alarms about one group come at once: AWS is asked once,
// and once more when the answer is old.
func TestAskedOnce(t *testing.T) {
	s := &cloud{health: map[string][]string{shopGroup: {"10.40.3.8 7070 unhealthy Target.Timeout 7070"}}, hold: make(chan struct{})}
	c := start(t, s)
	now := time.Now()
	c.now = func() time.Time { return now }
	var wg sync.WaitGroup
	for range 20 {
		wg.Go(func() {
			if f, err := c.Targets(context.Background(), shopGroup); err != nil || len(f.Targets) != 1 {
				t.Errorf("Targets = %v, %v; want one", f, err)
			}
		})
	}
	close(s.hold)
	wg.Wait()
	s.hold = nil
	now = now.Add(fresh)
	c.Targets(context.Background(), shopGroup)
	if !slices.Equal(s.asked, []string{"DescribeTargetHealth", "DescribeTargetHealth"}) {
		t.Errorf("asked %v, want the health twice", s.asked)
	}
}
