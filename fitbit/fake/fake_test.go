package fake_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"vitals/fitbit/fake"
)

func noon() time.Time { return time.Date(2026, time.November, 22, 12, 0, 0, 0, time.UTC) }

var ann = sync.OnceValue(func() fake.Person { return fake.Ann(noon()) })

// house is a fake with its clock and an access token for everything.
type house struct {
	*fake.Server
	t     *testing.T
	time  time.Time
	token string
}

func newHouse(t *testing.T, clients ...fake.Client) *house {
	h := &house{t: t, time: noon()}
	h.Server = fake.New(ann(), func() time.Time { return h.time }, clients...)
	if len(clients) == 0 {
		h.token = h.access(h.SignIn(fake.Scopes()...))
	}
	return h
}

// send makes a request and returns the answer with its body.
func (h *house) send(r *http.Request) (*http.Response, string) {
	h.t.Helper()
	recorder := httptest.NewRecorder()
	h.ServeHTTP(recorder, r)
	resp := recorder.Result()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		h.t.Fatal(err)
	}
	return resp, string(body)
}

// form posts a form, as to the token endpoint.
func (h *house) form(path string, fields ...string) (status int, answer map[string]any) {
	h.t.Helper()
	values := url.Values{}
	for i := 0; i < len(fields); i += 2 {
		values.Set(fields[i], fields[i+1])
	}
	r := httptest.NewRequest(http.MethodPost, path, strings.NewReader(values.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	resp, body := h.send(r)
	if err := json.Unmarshal([]byte(body), &answer); err != nil {
		h.t.Fatalf("%s: %v", body, err)
	}
	return resp.StatusCode, answer
}

func (h *house) renew(refresh string) (int, map[string]any) {
	h.t.Helper()
	c := fake.DesktopClient()
	return h.form(fake.TokenPath, "grant_type", "refresh_token", "refresh_token", refresh, "client_id", c.ID, "client_secret", c.Secret)
}

func (h *house) access(refresh string) string {
	h.t.Helper()
	status, answer := h.renew(refresh)
	if status != http.StatusOK {
		h.t.Fatalf("%d %v", status, answer)
	}
	return answer["access_token"].(string)
}

// api makes an API request: a GET, or a POST when there is a body.
func (h *house) api(path, body string) (int, string) {
	h.t.Helper()
	method := http.MethodGet
	if body != "" {
		method = http.MethodPost
	}
	r := httptest.NewRequest(method, path, strings.NewReader(body))
	if h.token != "" {
		r.Header.Set("Authorization", "Bearer "+h.token)
	}
	resp, text := h.send(r)
	return resp.StatusCode, text
}

// refused returns status, reasons and message of a refused API request.
func (h *house) refused(path, body string) (status int, reasons []string, message string) {
	h.t.Helper()
	status, text := h.api(path, body)
	var answer struct {
		Error struct {
			Code    int
			Message string
			Status  string
			Details []struct {
				Type     string `json:"@type"`
				Reason   string
				Domain   string
				Metadata map[string]string
			}
		}
	}
	if err := json.Unmarshal([]byte(text), &answer); err != nil {
		h.t.Fatalf("%s: %s", path, text)
	}
	if answer.Error.Code != status || answer.Error.Status == "" {
		h.t.Errorf("%s: %d, %s", path, status, text)
	}
	for _, d := range answer.Error.Details {
		if d.Reason != "" {
			reasons = append(reasons, d.Reason)
			for _, detailed := range strings.Split(d.Metadata["detailedReasons"], ",") {
				if detailed != "" {
					reasons = append(reasons, detailed)
				}
			}
		}
	}
	return status, reasons, answer.Error.Message
}

// shared reads one of the published responses, or skips the test.
func shared(t *testing.T, name string) []byte {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "..", "..", "shared", "data", "google-health", name))
	if os.IsNotExist(err) {
		t.Skip("the shared data are not here")
	}
	if err != nil {
		t.Fatal(err)
	}
	return text
}
