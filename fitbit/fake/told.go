package fake

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"strings"
)

// told is an answer that was not sent yet.
type told struct {
	status int
	header http.Header
	body   []byte
}

// truth is what the server says to the request.
func (a *act) truth() told {
	r := &recorder{told: told{status: http.StatusOK, header: http.Header{}}}
	a.chaos.server.ServeHTTP(r, a.r)
	return r.told
}

type recorder struct{ told }

func (r *recorder) Header() http.Header    { return r.header }
func (r *recorder) WriteHeader(status int) { r.status = status }
func (r *recorder) Write(b []byte) (int, error) {
	r.body = append(r.body, b...)
	return len(b), nil
}

func (a *act) send(t told) {
	maps.Copy(a.Header(), t.header)
	a.WriteHeader(t.status)
	_, _ = a.Write(t.body)
}

// wire is the answer as it is sent, with a length that may be wrong.
func (t told) wire(length int) []byte { return append(t.head(length), t.body...) }

func (t told) headLength() int { return len(t.head(len(t.body))) }

func (t told) head(length int) []byte {
	var head bytes.Buffer
	fmt.Fprintf(&head, "HTTP/1.1 %d %s\r\n", t.status, http.StatusText(t.status))
	_ = t.header.Write(&head)
	fmt.Fprintf(&head, "Content-Length: %d\r\n\r\n", length)
	return head.Bytes()
}

func (t told) half() told {
	t.body = t.body[:len(t.body)/2]
	return t
}

func (t told) zipped() told {
	var packed bytes.Buffer
	z := gzip.NewWriter(&packed)
	_, _ = z.Write(t.body)
	_ = z.Close()
	t.header.Set("Content-Encoding", "gzip")
	t.body = packed.Bytes()
	return t
}

// with changes members of the JSON object; nil takes one away.
func (t told) with(members map[string]any) told {
	object := map[string]json.RawMessage{}
	if json.Unmarshal(t.body, &object) != nil {
		return t
	}
	for name, value := range members {
		object[name], _ = json.Marshal(value)
		if value == nil {
			delete(object, name)
		}
	}
	t.body, _ = json.Marshal(object)
	return t
}

// padded is the JSON object with 10 MB that mean nothing.
func (t told) padded() told {
	rest := bytes.TrimLeft(t.body, " \n{")
	padded := append([]byte("{"), padding()...)
	if !bytes.HasPrefix(rest, []byte("}")) {
		padded = append(padded, ',')
	}
	t.body = append(padded, rest...)
	return t
}

// padding is 5 MB of blanks and 5 MB of members that nobody knows.
func padding() []byte {
	const half = 5 << 20
	var b bytes.Buffer
	b.WriteString(strings.Repeat(" \n", half/2))
	for i := 0; b.Len() < 2*half; i++ {
		fmt.Fprintf(&b, `"unknown%d":[{"a":%d,"b":"%s","c":null}],`, i, i, strings.Repeat("padding ", 100))
	}
	b.WriteString(`"unknown":0`)
	return b.Bytes()
}
