package fault

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"
)

// MaxHeld is the largest request, in bytes, that a rule with Delay and Before
// can hold; the body has to be there when the client is gone.
const MaxHeld = 64 << 20

// Rule says which requests meet which fault. It names exactly one of Status,
// Delay, DropResponse and Reset.
type Rule struct {
	// Host is the host name of the request, and Path its path without the query;
	// in both, * stands for any characters, slashes included, and an empty text
	// matches all. "/storage/*" is everything of Storage.
	Host, Path string
	// Method is the method of the request, such as POST; empty matches all.
	Method string

	// Status is answered in place of the handler, which is not called: 200 to 599.
	// One below 400 is for an answer that is wrong in its Body.
	Status int
	// After lets the handler do its work before Status is answered.
	After bool
	// Body is the body of Status. It goes as JSON where it is JSON, else as the
	// type that it looks like; empty means the status in words.
	Body string
	// RetryAfter is the header Retry-After of Status, in whole seconds; 0 means
	// none.
	RetryAfter int

	// Delay holds the answer back for so long after the handler has done its
	// work. The client may hang up meanwhile; nothing is undone.
	Delay time.Duration
	// Before holds the request back instead. The handler does its work when the
	// time is over, also if the client has hung up: a late commit.
	Before bool

	// DropResponse closes the connection without an answer when the handler has
	// done its work.
	DropResponse bool
	// Reset resets the connection before the handler is called.
	Reset bool

	// Times is how many requests meet the fault before the rule is spent; 0 means
	// all.
	Times int
	// Skip is how many matching requests pass unharmed first.
	Skip int
	// Chance is the part of the matching requests that meet the fault, above 0 and
	// at most 1; 0 means all. Seed makes the choice one that can be repeated, as
	// far as the requests come in the same order.
	Chance float64
	Seed   uint64
}

// ruleJSON is the form of a [Rule] in JSON, and the contract of the control
// address.
type ruleJSON struct {
	Host         string  `json:"host,omitempty"`
	Path         string  `json:"path,omitempty"`
	Method       string  `json:"method,omitempty"`
	Status       int     `json:"status,omitempty"`
	After        bool    `json:"after,omitempty"`
	Body         string  `json:"body,omitempty"`
	RetryAfter   int     `json:"retryAfter,omitempty"`
	Delay        string  `json:"delay,omitempty"`
	Before       bool    `json:"before,omitempty"`
	DropResponse bool    `json:"dropResponse,omitempty"`
	Reset        bool    `json:"reset,omitempty"`
	Times        int     `json:"times,omitempty"`
	Skip         int     `json:"skip,omitempty"`
	Chance       float64 `json:"chance,omitempty"`
	Seed         uint64  `json:"seed,omitempty"`
}

// MarshalJSON implements [json.Marshaler]: members in camelCase without those
// that are zero, the delay in the form of [time.Duration.String].
func (r Rule) MarshalJSON() ([]byte, error) {
	form := ruleJSON{
		Host: r.Host, Path: r.Path, Method: r.Method,
		Status: r.Status, After: r.After, Body: r.Body, RetryAfter: r.RetryAfter,
		Before: r.Before, DropResponse: r.DropResponse, Reset: r.Reset,
		Times: r.Times, Skip: r.Skip, Chance: r.Chance, Seed: r.Seed,
	}
	if r.Delay != 0 {
		form.Delay = r.Delay.String()
	}
	return json.Marshal(form)
}

// UnmarshalJSON implements [json.Unmarshaler]. Unknown members are an error, so
// that a misspelt rule does not match more than was meant.
func (r *Rule) UnmarshalJSON(data []byte) error {
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.DisallowUnknownFields()
	var form ruleJSON
	if err := decoder.Decode(&form); err != nil {
		return fmt.Errorf("read fault: %w", err)
	}
	read := Rule{
		Host: form.Host, Path: form.Path, Method: form.Method,
		Status: form.Status, After: form.After, Body: form.Body, RetryAfter: form.RetryAfter,
		Before: form.Before, DropResponse: form.DropResponse, Reset: form.Reset,
		Times: form.Times, Skip: form.Skip, Chance: form.Chance, Seed: form.Seed,
	}
	if form.Delay != "" {
		delay, err := time.ParseDuration(form.Delay)
		if err != nil {
			return fmt.Errorf("read fault: delay %q is not a duration such as 1.5s", form.Delay)
		}
		read.Delay = delay
	}
	*r = read
	return nil
}

// check tells all that is wrong with the rule.
func (r Rule) check() error {
	var faults []error
	wrong := func(is bool, format string, args ...any) {
		if is {
			faults = append(faults, fmt.Errorf(format, args...))
		}
	}
	kinds := 0
	for _, given := range []bool{r.Status != 0, r.Delay != 0, r.DropResponse, r.Reset} {
		if given {
			kinds++
		}
	}
	wrong(kinds != 1, "give exactly one of status, delay, drop-response and reset")
	wrong(r.Status != 0 && (r.Status < 200 || r.Status > 599), "status %d is not from 200 to 599", r.Status)
	wrong(r.Status == 0 && (r.After || r.Body != "" || r.RetryAfter != 0), "after, body and retry-after belong to a status")
	wrong(r.RetryAfter < 0, "retry-after is negative")
	wrong(r.Delay < 0, "the delay is negative")
	wrong(r.Delay == 0 && r.Before, "before belongs to a delay")
	wrong(r.Times < 0, "times is negative")
	wrong(r.Skip < 0, "skip is negative")
	wrong(!(r.Chance >= 0 && r.Chance <= 1), "chance is not from 0 to 1")
	wrong(r.Path != "" && r.Path[0] != '/' && r.Path[0] != '*', "path %q begins with neither / nor *", r.Path)
	wrong(strings.Contains(r.Path, "?"), "path %q has a query, which is not compared", r.Path)
	wrong(r.Method != strings.ToUpper(r.Method), "method %q is not in upper case", r.Method)
	return errors.Join(faults...)
}

// matches reports whether a request to a host is one of the rule's.
func (r Rule) matches(host string, request *http.Request) bool {
	return (r.Method == "" || r.Method == request.Method) &&
		(r.Host == "" || glob(strings.ToLower(r.Host), host)) &&
		(r.Path == "" || glob(r.Path, request.URL.Path))
}

// glob compares a text with a pattern in which * stands for any characters.
func glob(pattern, text string) bool {
	first, rest, some := strings.Cut(pattern, "*")
	if !some {
		return pattern == text
	}
	text, ok := strings.CutPrefix(text, first)
	if !ok {
		return false
	}
	pieces := strings.Split(rest, "*")
	last := pieces[len(pieces)-1]
	for _, piece := range pieces[:len(pieces)-1] {
		_, after, found := strings.Cut(text, piece)
		if !found {
			return false
		}
		text = after
	}
	return strings.HasSuffix(text, last)
}
