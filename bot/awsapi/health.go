package awsapi

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	"github.com/aws/smithy-go"
)

// member is one target of a group as AWS tells of it.
type member struct {
	id, port           string // an instance, an address, or an ARN
	state, reason, say string
}

// unwell reports whether the load balancer sends nothing there because of what
// its health check saw.
func (m member) unwell() bool {
	return m.state == "unhealthy" || m.state == "unavailable" || m.state == "unhealthy.draining"
}

// serves reports whether requests may go there.
func (m member) serves() bool { return m.state == "healthy" || m.state == "initial" }

// ask asks AWS about one ARN.
func (c *Client) ask(ctx context.Context, text string) (Found, error) {
	a, err := parseARN(text)
	if err != nil {
		return Found{}, err
	}
	groups := []string{text}
	if !a.group {
		if groups, err = c.groups(ctx, a); err != nil {
			return Found{}, err
		}
	}
	var all []member
	for _, g := range groups {
		members, err := c.members(ctx, a.region, g)
		if err != nil {
			return Found{}, err
		}
		all = append(all, members...)
	}
	return c.found(ctx, a, all)
}

// groups are the target groups of a load balancer.
func (c *Client) groups(ctx context.Context, a arn) (arns []string, err error) {
	out, err := c.elb.DescribeTargetGroups(ctx, &elb.DescribeTargetGroupsInput{LoadBalancerArn: aws.String(a.text)}, inRegion(a.region))
	if err != nil {
		return nil, plainError("DescribeTargetGroups", err)
	}
	for _, g := range out.TargetGroups {
		arns = append(arns, aws.ToString(g.TargetGroupArn))
	}
	return arns[:min(len(arns), maxGroups)], nil
}

// members are the targets of a group with their health.
func (c *Client) members(ctx context.Context, region, group string) (all []member, err error) {
	out, err := c.elb.DescribeTargetHealth(ctx, &elb.DescribeTargetHealthInput{TargetGroupArn: aws.String(group)}, inRegion(region))
	if err != nil {
		return nil, plainError("DescribeTargetHealth", err)
	}
	for _, d := range out.TargetHealthDescriptions {
		if d.Target == nil {
			continue
		}
		m := member{id: aws.ToString(d.Target.Id)}
		if p := aws.ToInt32(d.Target.Port); p > 0 {
			m.port = strconv.Itoa(int(p))
		}
		if h := d.TargetHealth; h != nil {
			m.state, m.reason, m.say = string(h.State), string(h.Reason), aws.ToString(h.Description)
		}
		m.port = checkedPort(m, aws.ToString(d.HealthCheckPort))
		all = append(all, m)
	}
	return all, nil
}

// checkedPort is the port that could not be reached: of an unhealthy target
// the one that the health check asks, which need not be the one for requests.
func checkedPort(m member, check string) string {
	if n, err := strconv.Atoi(check); m.unwell() && err == nil && n > 0 && n < 65536 {
		return check
	}
	return m.port
}

func inRegion(region string) func(*elb.Options) {
	return func(o *elb.Options) { o.Region = region }
}

// found chooses among the members and finds their addresses.
func (c *Client) found(ctx context.Context, a arn, all []member) (f Found, err error) {
	chosen := slices.DeleteFunc(slices.Clone(all), func(m member) bool { return !m.unwell() })
	f.About = fmt.Sprintf("AWS calls %d of %d targets unhealthy%s", len(chosen), len(all), reasons(chosen))
	if len(all) == 0 {
		f.About = "AWS has no target registered there"
	}
	if len(chosen) == 0 {
		chosen = slices.DeleteFunc(slices.Clone(all), func(m member) bool { return !m.serves() })
	}
	chosen = chosen[:min(len(chosen), maxTargets)]
	hosts, err := c.hosts(ctx, a, chosen)
	if err != nil {
		return f, err
	}
	for _, m := range chosen {
		host := hosts[m.id]
		if host == "" || m.port == "" {
			f.About += "; " + without(m)
			continue
		}
		if t := net.JoinHostPort(host, m.port); !slices.Contains(f.Targets, t) {
			f.Targets = append(f.Targets, t)
		}
	}
	return f, nil
}

// without says why a member is no target that can be connected to.
func without(m member) string {
	switch {
	case strings.Contains(m.id, ":lambda:"):
		return "a Lambda function has no address to connect to"
	case strings.Contains(m.id, ":loadbalancer/"):
		return "the target is a load balancer, whose own target groups are to be asked"
	case m.port == "":
		return m.id + " has no port"
	}
	return m.id + " has no private address"
}

// reasons sum up why members are unhealthy, in AWS's words.
func reasons(all []member) string {
	var said []string
	for _, m := range all {
		r := m.reason
		if m.say != "" {
			r = strings.TrimSpace(r + " (" + m.say + ")")
		}
		if r != "" && !slices.Contains(said, r) && len(said) < 3 {
			said = append(said, r)
		}
	}
	if len(said) == 0 {
		return ""
	}
	return ": " + strings.Join(said, ", ")
}

// hosts gives the address of each member by its id.
func (c *Client) hosts(ctx context.Context, a arn, all []member) (map[string]string, error) {
	hosts := map[string]string{}
	var instances []string
	for _, m := range all {
		if ip, err := netip.ParseAddr(m.id); err == nil {
			hosts[m.id] = ip.String()
		} else if strings.HasPrefix(m.id, "i-") && !slices.Contains(instances, m.id) {
			instances = append(instances, m.id)
		}
	}
	if len(instances) == 0 {
		return hosts, nil
	}
	return hosts, c.instances(ctx, a, instances, hosts)
}

// plainError says what AWS said, without the SDK's wrapping.
func plainError(action string, err error) error {
	if api, ok := errors.AsType[smithy.APIError](err); ok {
		return fmt.Errorf("AWS refused %s: %s: %.300s", action, api.ErrorCode(), api.ErrorMessage())
	}
	return fmt.Errorf("ask AWS for %s: %w", action, err)
}
