package schedules

import "testing"

func TestWords(t *testing.T) {
	for expression, want := range map[string]string{
		"*/5 * * * *":           "Every 5 minutes, Europe/Berlin",
		"* * * * *":             "Every minute, Europe/Berlin",
		"0 3 * * 1":             "At 03:00 on Mondays, Europe/Berlin",
		"0 9 * * 1-5":           "At 09:00 on weekdays, Europe/Berlin",
		"15 * * * *":            "Every hour at minute 15, Europe/Berlin",
		"0 8,12,20 * * *":       "At 08:00, 12:00 and 20:00, Europe/Berlin",
		"0 0 1 * *":             "At 00:00 on day 1 of the month, Europe/Berlin",
		"0 0 1 1,7 *":           "At 00:00 on day 1 of the month in January and July, Europe/Berlin",
		"*/10 9-17 * * sat,sun": "Every 10 minutes in the hours 9-17 on Saturdays and Sundays, Europe/Berlin",
		"0 6 13 * fri":          "At 06:00 on day 13 of the month or on Fridays, Europe/Berlin",
		"@every 90s":            "Every 1m30s",
		"@every 1h":             "Every hour",
		"@daily":                "At 00:00, Europe/Berlin",
		"*/7 * * * *":           "Every hour at the minutes 0,7,14,21,28,35,42,49,56, Europe/Berlin",
		"*/1 * * * *":           "Every minute, Europe/Berlin",
		"0 */8 * * *":           "At 00:00, 08:00 and 16:00, Europe/Berlin",
		"0 9 * * 7":             "At 09:00 on Sundays, Europe/Berlin",
		"0 9 * * 5-7":           "At 09:00 on Fridays to Sundays, Europe/Berlin",
	} {
		if got := mustParse(t, expression, "Europe/Berlin").Words(); got != want {
			t.Errorf("Words of %s = %q, want %q", expression, got, want)
		}
	}
}
