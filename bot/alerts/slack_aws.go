package alerts

import "strings"

// What integrations write of a CloudWatch alarm into a message is not
// documented and differs. It is looked up only where the message itself names the
// target group or load balancer in full: by its ARN, or by the value of the
// alarm's dimension beside the region and account.
var (
	balancingARN = late(`\barn:aws(?:-cn|-us-gov)?:elasticloadbalancing:[a-z0-9-]{5,30}:[0-9]{12}:(?:targetgroup|loadbalancer/(?:app|net|gwy))/[A-Za-z0-9-]{1,64}/[0-9a-f]{16}\b`)
	dimension    = late(`(?:^|[^/\w-])((?:targetgroup|app|net|gwy)/[A-Za-z0-9-]{1,64}/[0-9a-f]{16})\b`)
	alarmARN     = late(`\barn:aws(?:-cn|-us-gov)?:cloudwatch:[a-z0-9-]{5,30}:[0-9]{12}:alarm:`)
	alarmPlace   = late(`\bCloudWatch Alarm \|[^\n|]{1,255}\| *([a-z]{2,3}(?:-[a-z]+){1,3}-[0-9]{1,2}) *\| *Account: ([0-9]{12})\b`)
)

// awsLookup are the ARNs of the target groups that a text names, or of its load
// balancers where it names none.
func awsLookup(text string) []string {
	text = clip(text, maxTextScanned)
	found := balancingARN().FindAllString(text, maxTargets)
	if place := placeOf(text); place != "" {
		for _, m := range dimension().FindAllStringSubmatch(text, maxTargets) {
			id := m[1]
			if !strings.HasPrefix(id, "targetgroup/") {
				id = "loadbalancer/" + id
			}
			found = append(found, place+id)
		}
	}
	var groups, balancers []string
	for _, arn := range found {
		if strings.Contains(arn, ":targetgroup/") {
			groups = appendNew(groups, arn)
		} else {
			balancers = appendNew(balancers, arn)
		}
	}
	if len(groups) > 0 {
		return groups
	}
	return balancers
}

// placeOf is what stands before the dimension's value in an ARN, empty where the
// text does not say in one way where the alarm is.
func placeOf(text string) string {
	var places []string
	for _, arn := range alarmARN().FindAllString(text, maxTargets) {
		places = appendNew(places, strings.TrimSuffix(strings.Replace(arn, ":cloudwatch:", ":elasticloadbalancing:", 1), "alarm:"))
	}
	for _, m := range alarmPlace().FindAllStringSubmatch(text, maxTargets) {
		places = appendNew(places, "arn:"+partition(m[1])+":elasticloadbalancing:"+m[1]+":"+m[2]+":")
	}
	if len(places) != 1 {
		return ""
	}
	return places[0]
}

// partition is that of a region ("Amazon Resource Names", AWS General Reference).
func partition(region string) string {
	switch {
	case strings.HasPrefix(region, "cn-"):
		return "aws-cn"
	case strings.HasPrefix(region, "us-gov-"):
		return "aws-us-gov"
	}
	return "aws"
}

// lookup has an alert without a target stand for what the whole message names at
// AWS: by the configuration's mapping, or for AWS to be asked.
func (a *Alert) lookup(text string, groups map[string][]string) {
	if len(a.Targets) > 0 || !strings.Contains(text, "/") {
		return
	}
	arns := awsLookup(text)
	for _, arn := range arns {
		id := arn[strings.LastIndexByte(arn, ':')+1:]
		a.take(firstList(groups, arn, id, between(strings.TrimPrefix(id, "loadbalancer/"))), "the mapping of the target group")
	}
	if len(a.Targets) > 0 {
		a.Why = ""
		return
	}
	a.Lookup = arns
}
