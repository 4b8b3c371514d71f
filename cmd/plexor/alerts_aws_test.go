package main

import (
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
)

// TestAlertTargetGroup has an alarm name a target group: AWS, here a server
// that answers as its reference says, names the target, and that is diagnosed.
func TestAlertTargetGroup(t *testing.T) {
	target := refusing(t)
	host, port, _ := net.SplitHostPort(target)
	aws := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintf(w, `<DescribeTargetHealthResponse xmlns="http://elasticloadbalancing.amazonaws.com/doc/2015-12-01/"><DescribeTargetHealthResult>
			<TargetHealthDescriptions><member><HealthCheckPort>%[2]s</HealthCheckPort><TargetHealth><State>unhealthy</State>
			<Reason>Target.FailedHealthChecks</Reason><Description>Health checks failed</Description></TargetHealth>
			<Target><Id>%[1]s</Id><Port>%[2]s</Port></Target></member></TargetHealthDescriptions></DescribeTargetHealthResult></DescribeTargetHealthResponse>`, host, port)
	}))
	defer aws.Close()
	t.Setenv("AWS_ACCESS_KEY_ID", "AKIDTEST")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "of no use elsewhere")
	t.Setenv("AWS_CONFIG_FILE", os.DevNull)
	t.Setenv("AWS_SHARED_CREDENTIALS_FILE", os.DevNull)
	b := newBed(t, lenient())
	b.configure("\nalerts:\n  sources: {sns: {open: true}}\n  aws: {endpoint: '" + aws.URL + "'}\n  sns: {topics: ['arn:aws:sns:eu-west-1:210987654321:alarms']}\n")
	b.start()
	b.ready()
	alarm := func(state string) string {
		return fmt.Sprintf(`{"Type":"Notification","MessageId":"m-%[1]s","TopicArn":"arn:aws:sns:eu-west-1:210987654321:alarms",
			"Message":"{\"AlarmName\":\"shop-unhealthy\",\"NewStateValue\":\"%[1]s\",\"AlarmArn\":\"arn:aws:cloudwatch:eu-west-1:210987654321:alarm:shop-unhealthy\",\"Trigger\":{\"MetricName\":\"UnHealthyHostCount\",\"Namespace\":\"AWS/ApplicationELB\",\"Dimensions\":[{\"name\":\"TargetGroup\",\"value\":\"targetgroup/shop/73e2d6bc24d8a067\"}]}}",
			"Timestamp":"2026-10-05T11:22:40.123Z","SignatureVersion":"1","Signature":"AAAA","SigningCertURL":"https://sns.eu-west-1.amazonaws.com/a.pem"}`, state)
	}
	if status, text := b.post("sns", alarm("ALARM")); status != http.StatusAccepted {
		t.Fatalf("the alarm = %d %s, want 202", status, text)
	}
	said := b.said("AWS calls 1 of 1 targets unhealthy: Target.FailedHealthChecks (Health checks failed)")
	b.said(target + " ")
	if status, text := b.post("sns", alarm("OK")); status != http.StatusAccepted {
		t.Fatalf("the end of the alarm = %d %s, want 202", status, text)
	}
	b.said("is still not well")
	b.eventually("one thread", func() bool { return len(b.roots()) == 1 && b.roots()[0].TS == said.TS })
	for _, m := range b.messages() {
		if strings.Contains(m.Text, "names nothing") {
			t.Errorf("somebody says %q", m.Text)
		}
	}
}
