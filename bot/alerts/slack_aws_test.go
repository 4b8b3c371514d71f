package alerts

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"
)

// TestSlackAWS has messages about alarms name what stands behind them, more or
// less completely.
func TestSlackAWS(t *testing.T) {
	const group, balancer = "targetgroup/shop/73e2d6bc24d8a067", "app/front/50dc6c495c0c9188"
	const at, alarm = "arn:aws:elasticloadbalancing:eu-west-1:210987654321:", "arn:aws:cloudwatch:eu-west-1:210987654321:alarm:shop-unhealthy"
	for _, c := range []struct {
		name, heading, text string
		want                []string
		target              string
	}{
		{"an ARN", "", "UnHealthyHostCount of " + at + group, []string{at + group}, ""},
		{"the alarm's ARN and its dimensions", "", "Alarm ARN: " + alarm + "\nTargetGroup: " + group + "\nLoadBalancer: " + balancer, []string{at + group}, ""},
		{"a load balancer alone", "", alarm + "\nLoadBalancer: " + balancer, []string{at + "loadbalancer/" + balancer}, ""},
		{"region and account in the heading", "CloudWatch Alarm | shop-unhealthy | eu-west-1 | Account: 210987654321", "TargetGroup: " + group, []string{at + group}, ""},
		{"a region of another partition", "CloudWatch Alarm | x | cn-north-1 | Account: 210987654321", group, []string{"arn:aws-cn:elasticloadbalancing:cn-north-1:210987654321:" + group}, ""},
		{"no account", "CloudWatch Alarm | shop-unhealthy | eu-west-1", "TargetGroup: " + group, nil, ""},
		{"two regions", "CloudWatch Alarm | a | us-east-1 | Account: 210987654321", alarm + "\nTargetGroup: " + group, nil, ""},
		{"a name without its id", "", alarm + "\nTargetGroup: targetgroup/shop", nil, ""},
		{"a path that looks like one", "", alarm + "\nhttps://ci.example.net/app/front/50dc6c495c0c9188", nil, ""},
		{"the configuration's mapping", "", alarm + "\nTargetGroup: targetgroup/mapped/73e2d6bc24d8a067", nil, "10.40.3.8:7070"},
	} {
		body, err := json.Marshal(map[string]any{
			"type": "message", "channel": "C1", "ts": "1.2", "bot_id": "B1", "subtype": "bot_message", "text": c.heading,
			"attachments": []any{map[string]any{"color": "danger", "title": "ALARM: shop-unhealthy", "text": c.text}},
		})
		if err != nil {
			t.Fatal(err)
		}
		o := testOptions
		o.TargetGroups = map[string][]string{"mapped": {"10.40.3.8:7070"}}
		r, err := Parse("slack", http.Header{}, body, o)
		if err != nil || len(r.Alerts) != 1 {
			t.Errorf("%s: Parse = %+v, %v, want one alert", c.name, r, err)
			continue
		}
		if a := r.Alerts[0]; !slices.Equal(a.Lookup, c.want) || strings.Join(a.Targets, " ") != c.target || (a.Why == "") != (c.target != "") {
			t.Errorf("%s: lookup %q, targets %q, why %q; want %q, %q", c.name, a.Lookup, a.Targets, a.Why, c.want, c.target)
		}
	}
}
