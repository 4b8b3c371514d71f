package awsapi

import (
	"fmt"
	"regexp"
	"strings"
	"sync"
)

// arn is what of an Amazon resource name says where to ask. Its region becomes
// part of a host name, so that its form is checked.
type arn struct {
	text, partition, region string
	group                   bool // a target group, else a load balancer
}

var arnForm = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^arn:(aws|aws-cn|aws-us-gov):elasticloadbalancing:([a-z]{2,3}(?:-[a-z]+){1,3}-[0-9]{1,2}):[0-9]{12}:(targetgroup/[A-Za-z0-9-]{1,64}/[0-9a-f]{1,32}|loadbalancer/(?:app|net|gwy)/[A-Za-z0-9-]{1,64}/[0-9a-f]{1,32})$`)
})

func parseARN(s string) (arn, error) {
	m := arnForm().FindStringSubmatch(s)
	if m == nil {
		return arn{}, fmt.Errorf("%.150q is not the ARN of a target group, or of an application, network or gateway load balancer", s)
	}
	return arn{text: s, partition: m[1], region: m[2], group: strings.HasPrefix(m[3], "targetgroup/")}, nil
}

// ec2Host is where the instances of the region are asked for ("Service
// endpoints" of the AWS General Reference).
func (a arn) ec2Host() string {
	host := "https://ec2." + a.region + ".amazonaws.com"
	if a.partition == "aws-cn" {
		host += ".cn"
	}
	return host
}
