package alerts

import (
	"strings"
)

// metrics are those that the alarm watches, one or, for an alarm on an expression, several.
func (c cloudWatchAlarm) metrics() []cloudWatchMetric {
	if c.Trigger == nil {
		return nil
	}
	if len(c.Trigger.Metrics) == 0 {
		return []cloudWatchMetric{*c.Trigger}
	}
	var all []cloudWatchMetric
	for _, m := range c.Trigger.Metrics {
		if m.MetricStat != nil {
			all = append(all, m.MetricStat.Metric)
		}
	}
	return all
}

// labels flattens the alarm: its name, its first metric, and what the dimensions say about the load balancer. Region and account
// come from the ARN, because the field Region is a name for people.
func (c cloudWatchAlarm) labels() map[string]text {
	region, account := arnPlace(string(c.AlarmArn))
	labels := map[string]text{"alarm": c.AlarmName, "alarm_arn": c.AlarmArn, "region": text(region), "account": text(account)}
	for _, m := range c.metrics() {
		if labels["metric"] == "" {
			labels["metric_namespace"], labels["metric"] = m.Namespace, m.MetricName
		}
		for _, d := range m.Dimensions {
			if name := dimensionLabel(string(d.Name)); labels[name] == "" {
				labels[name] = d.Value
			}
		}
	}
	if groups := c.targetGroups(); len(groups) > 0 {
		labels["target_group_arn"] = text(groups[0])
	}
	return labels
}

// dimensionLabel is the label of a dimension of the namespaces AWS/ApplicationELB, AWS/NetworkELB and AWS/ELB.
func dimensionLabel(name string) string {
	switch name {
	case "TargetGroup":
		return "target_group"
	case "LoadBalancer", "LoadBalancerName":
		return "load_balancer"
	case "AvailabilityZone":
		return "availability_zone"
	}
	return "dimension_" + strings.ToLower(name)
}

// targetGroups are the ARNs of the target groups among the dimensions, in order.
func (c cloudWatchAlarm) targetGroups() []string { return c.arns("TargetGroup", "") }

// arns makes ARNs of the values of a dimension, which begin after the prefix that they lack.
func (c cloudWatchAlarm) arns(dimension, prefix string) (arns []string) {
	partition, _, _ := strings.Cut(strings.TrimPrefix(string(c.AlarmArn), "arn:"), ":")
	region, account := arnPlace(string(c.AlarmArn))
	if region == "" {
		return nil
	}
	for _, m := range c.metrics() {
		for _, d := range m.Dimensions {
			if string(d.Name) == dimension && balancing().MatchString(string(d.Value)) {
				arns = appendNew(arns, "arn:"+partition+":elasticloadbalancing:"+region+":"+account+":"+prefix+string(d.Value))
			}
		}
	}
	return arns
}

// balancing is the form of the dimensions' values; a classic load balancer has a bare name.
var balancing = late(`^(targetgroup|app|net|gwy)/[^/]+/[^/]+$`)

// lookup are the target groups of the alarm, or its load balancer where it names none. A classic load balancer has no ARN.
func (c cloudWatchAlarm) lookup() []string {
	if groups := c.targetGroups(); len(groups) > 0 {
		return groups
	}
	return c.arns("LoadBalancer", "loadbalancer/")
}

// arnPlace takes region and account out of "arn:aws:cloudwatch:us-east-1:123456789012:alarm:name".
func arnPlace(arn string) (region, account string) {
	parts := strings.SplitN(arn, ":", 6)
	if len(parts) < 6 || parts[0] != "arn" {
		return "", ""
	}
	return parts[3], parts[4]
}

// mapped looks the alarm's target groups and load balancers up in the configuration's mapping.
func (c cloudWatchAlarm) mapped(groups map[string][]string) (targets []string, from string) {
	for _, arn := range c.targetGroups() {
		id := arn[strings.LastIndexByte(arn, ':')+1:]
		targets = append(targets, firstList(groups, arn, id, between(id))...)
	}
	if len(targets) > 0 {
		return targets, "the mapping of the target group"
	}
	for _, m := range c.metrics() {
		for _, d := range m.Dimensions {
			if dimensionLabel(string(d.Name)) == "load_balancer" {
				targets = append(targets, firstList(groups, string(d.Value), between(string(d.Value)))...)
			}
		}
	}
	return targets, "the mapping of the load balancer"
}

// between is the name in "targetgroup/name/id" and in "app/name/id".
func between(id string) string {
	parts := strings.Split(id, "/")
	if len(parts) != 3 {
		return id
	}
	return parts[1]
}

func firstList(m map[string][]string, keys ...string) []string {
	for _, k := range keys {
		if len(m[k]) > 0 {
			return m[k]
		}
	}
	return nil
}
