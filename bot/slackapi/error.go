package slackapi

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"slices"
	"time"

	"github.com/slack-go/slack"
)

// Kind says what a caller can do about an Error.
type Kind string

// The kinds of error.
const (
	Retry   Kind = "retry"   // Slack answered that it failed: the same call may succeed later; it may also have been carried out
	Lost    Kind = "lost"    // no answer came: it may have been carried out, and may even be carried out later
	Unsent  Kind = "unsent"  // Slack was not reached: nothing was carried out
	Limited Kind = "limited" // not carried out: wait RetryAfter, then call again
	Blocks  Kind = "blocks"  // Slack does not take these blocks: say it in simpler ones
	Channel Kind = "channel" // nothing can be posted there until somebody invites the bot, or never
	Gone    Kind = "gone"    // the message is no longer there
	Auth    Kind = "auth"    // the token does not do; somebody has to change the app
	Refused Kind = "refused" // Slack will never take this call
)

// Error is Slack's no to a Web API call.
type Error struct {
	Method     string
	Code       string // Slack's word, or a status or network error
	Kind       Kind
	RetryAfter time.Duration
	err        error
}

func (e *Error) Error() string { return fmt.Sprintf("slack %s: %s", e.Method, e.Code) }

// Unwrap returns what slack-go or net/http said.
func (e *Error) Unwrap() error { return e.err }

// words maps Slack's error words to what can be done.
var words = map[Kind][]string{
	Retry:   {"internal_error", "fatal_error", "service_unavailable", "request_timeout", "team_added_to_org", "accesslimited"},
	Limited: {"ratelimited", "rate_limited", "message_limit_exceeded"},
	Blocks:  {"invalid_blocks", "invalid_blocks_format", "msg_blocks_too_long", "block_mismatch", "invalid_attachments", "msg_too_long"},
	Channel: {"channel_not_found", "not_in_channel", "is_archived", "restricted_action", "restricted_action_thread_locked", "team_access_not_granted"},
	Gone:    {"message_not_found", "thread_not_found", "cant_update_message", "edit_window_closed"},
	Auth: {"invalid_auth", "not_authed", "account_inactive", "token_revoked", "token_expired", "missing_scope", "no_permission",
		"not_allowed_token_type", "org_login_required", "ekm_access_denied", "team_not_found"},
}

// wrap turns what slack-go returned into an Error; nil stays nil.
func wrap(method string, err error) error {
	if err == nil {
		return nil
	}
	e := &Error{Method: method, Code: err.Error(), Kind: Lost, err: err}
	if limited, ok := errors.AsType[*slack.RateLimitedError](err); ok {
		e.Code, e.Kind, e.RetryAfter = "ratelimited", Limited, limited.RetryAfter
		return e
	}
	if status, ok := errors.AsType[slack.StatusCodeError](err); ok {
		e.Code, e.Kind = fmt.Sprintf("status %d", status.Code), ofStatus(status.Code)
		if e.Kind == Limited { // without Retry-After
			e.RetryAfter = time.Second
		}
		return e
	}
	if said, ok := errors.AsType[slack.SlackErrorResponse](err); ok {
		e.Code, e.Kind = said.Err, kindOf(said.Err)
		return e
	}
	if op, ok := errors.AsType[*net.OpError](err); ok && op.Op == "dial" {
		e.Kind = Unsent
	}
	if errors.Is(err, context.DeadlineExceeded) {
		e.Code = "no answer in time"
	}
	return e
}

// ofStatus is the kind of an answer that is no 200. A gateway that gave up says
// nothing about what stands behind it.
func ofStatus(code int) Kind {
	switch code {
	case http.StatusTooManyRequests:
		return Limited
	case http.StatusGatewayTimeout, http.StatusRequestTimeout:
		return Lost
	}
	return Retry
}

func kindOf(word string) Kind {
	for kind, list := range words {
		if slices.Contains(list, word) {
			return kind
		}
	}
	return Refused
}

// KindOf returns the kind of a Slack error anywhere in err's tree; Retry for
// any other error.
func KindOf(err error) Kind {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Kind
	}
	return Retry
}
