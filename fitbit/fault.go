package fitbit

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"time"

	"google.golang.org/api/googleapi"

	"vitals/internal/health"
)

// fault is what Google says about a request it did not carry out. Its message
// is left alone: it is no part of the protocol and repeats the request.
type fault struct {
	status  int // HTTP
	reasons []string
	maxDays int           // the longest range allowed; 0 when not told
	pause   time.Duration // asked for; 0 for none
}

// faultOf returns the fault in an error of the generated client, if there is one.
func faultOf(err error) (fault, bool) {
	answered, ok := errors.AsType[*googleapi.Error](err)
	if !ok {
		return fault{}, false
	}
	f := fault{status: answered.Code}
	f.pause, _ = retryAfter(answered.Header)
	var body struct {
		Error struct {
			Details []struct {
				Reason   string            `json:"reason"`
				Metadata map[string]string `json:"metadata"`
			} `json:"details"`
		} `json:"error"`
	}
	if json.Unmarshal([]byte(answered.Body), &body) != nil {
		return f, true // HTML, or half an answer: the status says enough
	}
	for _, detail := range body.Error.Details {
		if detail.Reason != "" {
			f.reasons = append(f.reasons, detail.Reason)
		}
		if days, err := strconv.Atoi(detail.Metadata["maxDurationDays"]); err == nil && days > 0 {
			f.maxDays = days
		}
	}
	return f, true
}

func (f fault) is(status int, reasons ...string) bool {
	return f.status == status && slices.ContainsFunc(f.reasons, func(r string) bool { return slices.Contains(reasons, r) })
}

func (f fault) missingScope() bool {
	return f.is(http.StatusForbidden, "ACCESS_TOKEN_SCOPE_INSUFFICIENT", "MISSING_OAUTH_SCOPE")
}

func (f fault) filterRefused() bool { return f.is(http.StatusBadRequest, "INVALID_DATA_POINT_FILTER") }

// problem puts the fault of reading a data type in a sentence.
func (f fault) problem(t health.DataType) *Error {
	e := f.words(t)
	e.pause = f.pause
	return e
}

func (f fault) words(t health.DataType) *Error {
	what := spoken(t)
	cause := health.ErrOverloaded
	// After the last try, a limit that is of all requests is one for other types, too.
	if f.pause > longestWait || f.status == http.StatusTooManyRequests && f.pause > 0 {
		cause = health.ErrUnreachable
	}
	switch {
	case f.is(http.StatusBadRequest, "ACCOUNT_NOT_LINKED"):
		return problem(KindRefused, "this Google account has no Fitbit or Google Health profile",
			"open the Google Health app with this account, or go to https://fitbit.google.com/auth/signup, then try again")
	case f.status == http.StatusBadRequest:
		return problem(KindOther, fmt.Sprintf("Google did not accept the request for %s (%s)", what, f.reason()), hintUpdate)
	case f.status == http.StatusUnauthorized:
		return problem(KindOther, "Google does not accept the sign-in any more", hintSignIn, health.ErrSignInNeeded)
	case f.missingScope():
		return problem(KindOther, fmt.Sprintf("access to %s was not granted", what),
			fmt.Sprintf("sign in again and allow %s (press a, or run vitals auth)", scopeWord(t)))
	case f.is(http.StatusForbidden, "DISALLOWED_OAUTH_SCOPES"):
		return problem(KindRefused, "the sign-in also covers other Google services, which Google Health refuses",
			"create a Google client for vitals alone, then sign in again (press a, or run vitals auth)")
	case f.is(http.StatusForbidden, "SERVICE_DISABLED"):
		return problem(KindTryAgain, "the Google Health API is not enabled in your Google project",
			"enable it at https://console.cloud.google.com/apis/library/health.googleapis.com, wait a few minutes and try again")
	case f.status == http.StatusForbidden:
		const consentAnew = "remove vitals at https://myaccount.google.com/connections, then sign in again (press a, or run vitals auth)"
		refused := problem(KindRefused, "Google refuses access to "+what, consentAnew)
		refused.whole = problem(KindRefused, "Google refuses every call, though the sign-in is good", consentAnew)
		return refused
	case f.status == http.StatusNotFound:
		return problem(KindOther, "Google does not know the address of "+what, "check api_url under [fitbit] in config.ini, or look for a newer vitals")
	case f.status == http.StatusGone:
		return switchedOff("api_url")
	case f.status == http.StatusTooManyRequests:
		return problem(KindTryAgain, "Google asks for a pause (too many requests)", "nothing is lost: try again in some minutes", cause)
	case f.status == http.StatusNetworkAuthenticationRequired:
		return problem(KindTryAgain, "this network wants a login before anything passes (HTTP 511)", hintPortal, cause)
	case f.status >= http.StatusInternalServerError:
		return problem(KindTryAgain, fmt.Sprintf("Google Health is overloaded or broken (HTTP %d)", f.status), "nothing is lost: try again later", cause)
	case f.status < http.StatusBadRequest, f.status == http.StatusProxyAuthRequired:
		return problem(KindTryAgain, fmt.Sprintf("Google gave an unexpected answer about %s (HTTP %d)", what, f.status), hintPortal, cause)
	default:
		return problem(KindOther, fmt.Sprintf("Google gave an unexpected answer about %s (HTTP %d)", what, f.status), hintUpdate)
	}
}

func (f fault) reason() string {
	if len(f.reasons) == 0 {
		return errorCode("")
	}
	return errorCode(f.reasons[0])
}
