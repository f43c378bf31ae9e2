package serve

import (
	"encoding/json"
	"net/http"
	"strconv"
	"time"
)

// problem is a refusal in the form of RFC 9457, section 3.
type problem struct {
	Status int    `json:"status"`
	Title  string `json:"title"`
	Detail string `json:"detail,omitempty"`

	retryAfter time.Duration // of those that may pass
}

// refusal is a problem whose title is the status's own text.
func refusal(status int, detail string) *problem {
	return &problem{Status: status, Title: http.StatusText(status), Detail: detail}
}

// later is a refusal that may pass.
func later(detail string) *problem {
	p := refusal(http.StatusServiceUnavailable, detail)
	p.retryAfter = 5 * time.Second
	return p
}

func (p *problem) write(w http.ResponseWriter) {
	if p.retryAfter > 0 {
		w.Header().Set("Retry-After", strconv.Itoa(int(p.retryAfter/time.Second)))
	}
	if p.Status == http.StatusUnauthorized {
		w.Header().Set("WWW-Authenticate", "Bearer")
	}
	writeAs(w, "application/problem+json", p.Status, p)
}

func writeJSON(w http.ResponseWriter, status int, value any) {
	writeAs(w, "application/json", status, value)
}

func writeAs(w http.ResponseWriter, contentType string, status int, value any) {
	w.Header().Set("Content-Type", contentType)
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(value) // the caller may have gone
}
