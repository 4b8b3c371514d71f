package alerts

import (
	"strings"
	"testing"
)

func BenchmarkParse(b *testing.B) {
	for _, file := range []string{"alertmanager-probe.json", "alertmanager-text.json", "sns-alb.json", "slack-grafana.json"} {
		b.Run(file, func(b *testing.B) {
			body := payload(b, file)
			source, _, _ := strings.Cut(file, "-")
			b.ReportAllocs()
			for b.Loop() {
				if _, err := Parse(source, nil, body, testOptions); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
