package alerts

// A cloudWatchAlarm is the message of an alarm of CloudWatch. A composite alarm has no Trigger, an alarm on an expression has
// Metrics in place of one metric.
type cloudWatchAlarm struct {
	AlarmName        text
	AlarmDescription text
	AlarmArn         text
	NewStateValue    text
	NewStateReason   text
	StateChangeTime  text
	AlarmRule        text
	Trigger          *cloudWatchMetric
}

// cloudWatchMetric names the metric that an alarm watches.
type cloudWatchMetric struct {
	Namespace  text
	MetricName text
	Dimensions []cloudWatchDimension
	Metrics    []struct {
		MetricStat *struct {
			Metric cloudWatchMetric
		}
	}
}

type cloudWatchDimension struct {
	Name  text `json:"name"`
	Value text `json:"value"`
}

func (c cloudWatchAlarm) alert(o Options) (Alert, error) {
	switch c.NewStateValue {
	case "ALARM", "OK", "INSUFFICIENT_DATA":
	default:
		return Alert{}, badField("Message.NewStateValue", "is %s, want ALARM, OK or INSUFFICIENT_DATA", quote(string(c.NewStateValue)))
	}
	starts, ok := instant(string(c.StateChangeTime))
	if !ok {
		return Alert{}, badField("Message.StateChangeTime", "is %s, want a time", quote(string(c.StateChangeTime)))
	}
	a := Alert{
		Firing:      c.NewStateValue != "OK",
		Labels:      cleanLabels(c.labels(), maxLabelValue),
		Annotations: cleanLabels(map[string]text{"description": c.AlarmDescription, "rule": c.AlarmRule}, maxAnnotation),
		StartsAt:    starts,
		Title:       oneLine(string(c.AlarmName), maxTitle),
		Summary:     oneLine(firstOf(string(c.NewStateReason), string(c.AlarmDescription)), maxTitle),
	}
	a.Fingerprint = fingerprint("sns", firstOf(string(c.AlarmArn), string(c.AlarmName)))
	if c.NewStateValue == "INSUFFICIENT_DATA" {
		a.Firing, a.Why = false, "the alarm has too little data to say anything about a target"
		return a, nil
	}
	if t := targetInDescription().FindStringSubmatch(string(c.AlarmDescription)); t != nil {
		a.Annotations["target"] = clean(t[1], maxLabelValue)
	} else {
		a.take(c.mapped(o.TargetGroups))
	}
	if len(a.Targets) == 0 {
		o.findTargets(&a)
	}
	if len(a.Targets) == 0 {
		a.Lookup = c.lookup()
	}
	if a.From == "" && c.Trigger == nil && c.AlarmRule != "" {
		a.Why = `the alarm is made of other alarms and names no target; put "target: host:port" into its description, or send the alarms it is made of`
	}
	return a, nil
}

// targetInDescription is the way to name a target in an alarm, which has no labels of its own.
var targetInDescription = late(`(?im)\btarget\s*[:=]\s*([^\s,;"]+)`)
