package awsapi

import (
	"context"
	"fmt"
	"net/http"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/feature/ec2/imds"
	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
)

// Options say where credentials come from and where to ask.
type Options struct {
	// Profile of ~/.aws/config and ~/.aws/credentials; empty: the default one.
	Profile string
	// Instance has the metadata service of EC2 asked for credentials where nothing else gives them.
	Instance bool
	// Endpoint takes the place of AWS's own addresses: a private endpoint, or a server of a test. Empty: AWS's.
	Endpoint string
}

// Bounds of the work for one alarm.
const (
	askTime    = 8 * time.Second  // for all that one question needs
	fresh      = 20 * time.Second // an answer is taken again for so long
	keptMost   = 500              // answers
	maxGroups  = 10               // target groups of a load balancer that are looked into
	maxTargets = 50               // of one answer
)

// Client asks AWS. It is safe for concurrent use; who asks what another asks
// waits for that one's answer.
type Client struct {
	cfg  aws.Config
	elb  *elb.Client
	http *http.Client
	ec2  string // endpoint; empty: AWS's
	now  func() time.Time

	mu   sync.Mutex
	kept map[string]*answer // by ARN
}

// answer is one that is kept, or is on its way until ready is closed.
type answer struct {
	ready chan struct{}
	at    time.Time
	found Found
	err   error
}

// New reads credentials and settings from where the SDK of AWS finds them: the
// environment, the files of the profile, a web identity, the container's or
// the instance's role. It asks nobody yet.
func New(ctx context.Context, o Options) (*Client, error) {
	metadata := imds.ClientDisabled
	if o.Instance {
		metadata = imds.ClientEnabled
	}
	loads := []func(*config.LoadOptions) error{config.WithEC2IMDSClientEnableState(metadata)}
	if o.Profile != "" {
		loads = append(loads, config.WithSharedConfigProfile(o.Profile))
	}
	cfg, err := config.LoadDefaultConfig(ctx, loads...)
	if err != nil {
		return nil, fmt.Errorf("read the settings of AWS: %w", err)
	}
	c := &Client{cfg: cfg, http: plainClient(), ec2: o.Endpoint, now: time.Now, kept: map[string]*answer{}}
	c.elb = elb.NewFromConfig(cfg, func(e *elb.Options) {
		if o.Endpoint != "" {
			e.BaseEndpoint = aws.String(o.Endpoint)
		}
	})
	if c.ec2 == "" {
		c.ec2 = aws.ToString(cfg.BaseEndpoint)
	}
	return c, nil
}

// plainClient follows no redirect: what is signed is for AWS alone.
func plainClient() *http.Client {
	return &http.Client{Timeout: askTime, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
}

// Credentials reports whether there are any, and why not.
func (c *Client) Credentials(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, askTime)
	defer cancel()
	if _, err := c.cfg.Credentials.Retrieve(ctx); err != nil {
		return fmt.Errorf("there are no credentials for AWS: %w", err)
	}
	return nil
}

// Found are the targets behind a target group or a load balancer.
type Found struct {
	// Targets are host:port: those that the load balancer calls unhealthy, or
	// all that take requests where it calls none so.
	Targets []string
	// About says in a sentence what AWS said, also where Targets is empty.
	About string
}

// Targets asks which targets stand behind the ARN of a target group or of an
// application, network or gateway load balancer.
func (c *Client) Targets(ctx context.Context, arn string) (Found, error) {
	a, mine := c.join(arn)
	if mine {
		// Others wait for it: that the first who asked gave up must not fail them.
		ask, cancel := context.WithTimeout(context.WithoutCancel(ctx), askTime)
		a.found, a.err = c.ask(ask, arn)
		cancel()
		close(a.ready)
	}
	select {
	case <-a.ready:
		return a.found, a.err
	case <-ctx.Done():
		return Found{}, ctx.Err()
	}
}

// join finds an answer that is fresh or on its way; mine says that the caller
// is to ask.
func (c *Client) join(arn string) (a *answer, mine bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	now := c.now()
	if a := c.kept[arn]; a != nil && now.Sub(a.at) < fresh {
		return a, false
	}
	if len(c.kept) >= keptMost {
		clear(c.kept)
	}
	a = &answer{ready: make(chan struct{}), at: now}
	c.kept[arn] = a
	return a, true
}
