package alerts

import (
	"fmt"
	"net/http"
)

// A PayloadError says what is wrong with a request and where. It never carries a secret or more of the body than a field's name.
type PayloadError struct {
	// Field names the place: "body", "alerts[3].startsAt", "Authorization".
	Field string
	// Reason completes the sentence "Field …": "is missing", "is not JSON".
	Reason string
	// Status is the HTTP status of the answer, always a 4xx.
	Status int
}

func (e *PayloadError) Error() string { return e.Field + " " + e.Reason }

func badField(field, format string, args ...any) *PayloadError {
	return &PayloadError{Field: clip(field, 200), Reason: clip(fmt.Sprintf(format, args...), 300), Status: http.StatusBadRequest}
}

func withStatus(status int, field, reason string) *PayloadError {
	return &PayloadError{Field: field, Reason: reason, Status: status}
}
