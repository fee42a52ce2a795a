package fake

import (
	"cmp"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
)

const jsonType = "application/json; charset=UTF-8"

// refusal is an error of the API.
type refusal struct {
	status     int // HTTP
	name       string
	message    string
	reason     string
	metadata   map[string]string
	violations []violation
}

type violation struct {
	Field       string `json:"field"`
	Description string `json:"description"`
}

// invalid is a request that cannot be carried out as it is.
func invalid(reason, format string, values ...any) *refusal {
	return &refusal{status: http.StatusBadRequest, reason: reason, message: fmt.Sprintf(format, values...)}
}

// refusalFor returns the refusal that Google gives for a status and reason.
func refusalFor(status int, reason string) *refusal {
	r := &refusal{status: status, reason: reason}
	switch reason {
	case "ACCOUNT_NOT_LINKED":
		r.name, r.message = "FAILED_PRECONDITION", "The account is not linked to Google Health."
	case "SERVICE_DISABLED":
		r.message = "Google Health API has not been used in project 100000000041 before or it is disabled. " +
			"Enable it by visiting https://console.developers.google.com/apis/api/health.googleapis.com/overview?project=100000000041 then retry."
		r.metadata = map[string]string{"consumer": "projects/100000000041", "service": "health.googleapis.com"}
	case "ACCESS_TOKEN_SCOPE_INSUFFICIENT", "MISSING_OAUTH_SCOPE":
		r.message = "Request had insufficient authentication scopes."
	case "CREDENTIALS_MISSING":
		r.message = "Request is missing required authentication credential. Expected OAuth 2 access token, login cookie or other valid authentication credential. See https://developers.google.com/identity/sign-in/web/devconsole-project."
	case "RATE_LIMIT_EXCEEDED":
		r.message = "Quota exceeded for quota metric 'Queries' and limit 'Queries per minute' of service 'health.googleapis.com' for consumer 'project_number:100000000041'."
	}
	switch {
	case r.message != "":
	case status == http.StatusUnauthorized:
		r.message = "Request had invalid authentication credentials. Expected OAuth 2 access token, login cookie or other valid authentication credential. See https://developers.google.com/identity/sign-in/web/devconsole-project."
	case status == http.StatusNotFound:
		r.message = "The requested resource was not found. Please refer to the Google Health API developer documentation for guidance and support."
	case status == http.StatusInternalServerError:
		r.message = "Internal error encountered."
	default:
		r.message = "The request was refused."
	}
	return r
}

// statusName is the canonical name of an HTTP status in Google's APIs.
func statusName(status int) string {
	switch status {
	case http.StatusBadRequest:
		return "INVALID_ARGUMENT"
	case http.StatusUnauthorized:
		return "UNAUTHENTICATED"
	case http.StatusForbidden:
		return "PERMISSION_DENIED"
	case http.StatusNotFound:
		return "NOT_FOUND"
	case http.StatusTooManyRequests:
		return "RESOURCE_EXHAUSTED"
	case http.StatusServiceUnavailable, http.StatusBadGateway:
		return "UNAVAILABLE"
	case http.StatusGatewayTimeout:
		return "DEADLINE_EXCEEDED"
	default:
		return "INTERNAL"
	}
}

// refuse sends a refusal in Google's envelope.
func refuse(w http.ResponseWriter, r *refusal) {
	type detail struct {
		Type       string            `json:"@type"`
		Reason     string            `json:"reason,omitempty"`
		Domain     string            `json:"domain,omitempty"`
		Metadata   map[string]string `json:"metadata,omitempty"`
		Violations []violation       `json:"fieldViolations,omitempty"`
	}
	var details []detail
	if r.reason != "" {
		details = append(details, detail{
			Type: "type.googleapis.com/google.rpc.ErrorInfo", Reason: r.reason,
			Domain: "health.googleapis.com", Metadata: r.metadata,
		})
	}
	if len(r.violations) > 0 {
		details = append(details, detail{Type: "type.googleapis.com/google.rpc.BadRequest", Violations: r.violations})
	}
	type body struct {
		Code    int      `json:"code"`
		Message string   `json:"message"`
		Status  string   `json:"status"`
		Details []detail `json:"details,omitempty"`
	}
	sendJSON(w, r.status, map[string]body{
		"error": {r.status, r.message, cmp.Or(r.name, statusName(r.status)), details},
	}, true)
}

// sendJSON answers with a value, indented as Google does unless told not to.
func sendJSON(w http.ResponseWriter, status int, value any, pretty bool) {
	w.Header().Set("Content-Type", jsonType)
	w.WriteHeader(status)
	enc := json.NewEncoder(w)
	if pretty {
		enc.SetIndent("", strings.Repeat(" ", 2))
	}
	_ = enc.Encode(value)
}
