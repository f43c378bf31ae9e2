package altinn

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// maxErrorBody bounds how much of a refusal is read.
const maxErrorBody = 64 << 10

// maxDetail bounds the text that a StatusError keeps, in bytes.
const maxDetail = 1000

// StatusError is an answer that refuses a request. Altinn writes refusals in
// four shapes (an empty body, a JSON string, problem details as in RFC 9457 or
// another JSON object, plain text); Title and Detail hold what was in it, with
// national identity numbers and tokens taken out.
type StatusError struct {
	Status int
	Method string
	Path   string // without host and query
	Title  string
	Detail string
	// RequiredAuthenticationLevel is set when only the caller's level of
	// authentication was too low.
	RequiredAuthenticationLevel string
	// RetryAfter is how long the server asks the caller to wait; 0 if it does
	// not say.
	RetryAfter time.Duration
	// Initialization is set when an application of generation 9 refuses to
	// start an instance and tells what came of it.
	Initialization *Initialization
}

// Initialization tells what is left after an instance could not be started.
type Initialization struct {
	State             string `json:"initializationState"`
	RecommendedAction string `json:"recommendedAction"`
	InstanceID        string `json:"instanceId"`
	InstanceDeleted   bool   `json:"instanceDeleted"`
}

// Error implements error.
func (e *StatusError) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s: %d", e.Method, e.Path, e.Status)
	if text := http.StatusText(e.Status); text != "" {
		b.WriteString(" " + text)
	}
	if e.Title != "" {
		b.WriteString(": " + e.Title)
	}
	if e.Detail != "" {
		b.WriteString(": " + e.Detail)
	}
	if e.RequiredAuthenticationLevel != "" {
		b.WriteString(": authentication level " + e.RequiredAuthenticationLevel + " is required")
	}
	return b.String()
}

// UnknownParty reports whether the refusal is that Register knows no such
// party. Applications answer the same when Register is out of order.
func (e *StatusError) UnknownParty() bool {
	return e.Status == http.StatusNotFound && strings.HasPrefix(e.Detail, unknownParty)
}

// ErrNotSent is wrapped by errors from before a request left this machine, such
// as a token that could not be had or a connection that could not be made. The
// server has seen nothing of it.
var ErrNotSent = errors.New("the request was not sent")

// notSent wraps err with [ErrNotSent] where it is certain.
func notSent(err error) error {
	var (
		body *BodyError
		op   *net.OpError
	)
	if errors.As(err, &body) {
		return err // the connection that was not made is the reader's own
	}
	if errors.As(err, &op) && op.Op == "dial" {
		return fmt.Errorf("%w: %w", ErrNotSent, err)
	}
	return err
}

// BodyError tells that a request broke off because what it was to carry could
// not be read. The server has got a part of it at most. Err is the reader's
// error: it may be a [StatusError] of another server.
type BodyError struct {
	Method, Path string
	Err          error
}

// Error implements error.
func (e *BodyError) Error() string { return e.Method + " " + e.Path + ": " + e.Err.Error() }

// Unwrap returns the reader's error. When that is [ErrNotSent], which speaks of
// the reader's request and not of this one, it returns the [StatusError] that is
// in it, or nil.
func (e *BodyError) Unwrap() error {
	if !errors.Is(e.Err, ErrNotSent) {
		return e.Err
	}
	if status, ok := errors.AsType[*StatusError](e.Err); ok {
		return status
	}
	return nil
}

// withoutURL replaces net/http's words for a request that failed, which hold the
// whole address, with its method and its path, scrubbed.
func withoutURL(req *http.Request, err error) error {
	if wrapped, ok := errors.AsType[*url.Error](err); ok {
		err = wrapped.Err
	}
	return fmt.Errorf("%s %s: %w", req.Method, scrub(req.URL.Path), err)
}

// IsStatus reports whether err is a [StatusError] with the given status that
// answers the request itself. One that answers another request, without which this
// could not be sent ([ErrNotSent], [BodyError]), such as that for a token, is not.
func IsStatus(err error, status int) bool {
	var (
		e    *StatusError
		body *BodyError
	)
	return !errors.Is(err, ErrNotSent) && !errors.As(err, &body) && errors.As(err, &e) && e.Status == status
}

// readStatusError turns an answer into a StatusError and closes its body.
func readStatusError(resp *http.Response, now time.Time) error {
	defer resp.Body.Close()
	body, _ := io.ReadAll(io.LimitReader(resp.Body, maxErrorBody))
	e := &StatusError{
		Status: resp.StatusCode, Method: resp.Request.Method, Path: scrub(resp.Request.URL.Path),
		RetryAfter: RetryAfter(resp.Header, now),
	}
	e.readBody(body)
	e.Title, e.Detail = clean(e.Title), clean(e.Detail)
	e.RequiredAuthenticationLevel = clean(e.RequiredAuthenticationLevel)
	return e
}

// problem is the union of the JSON objects seen in refusals.
type problem struct {
	Title                       string              `json:"title"`
	Detail                      string              `json:"detail"`
	Message                     string              `json:"message"`
	Errors                      map[string][]string `json:"errors"`
	RequiredAuthenticationLevel string              `json:"RequiredAuthenticationLevel"`
	UploadIssues                []issue             `json:"uploadValidationIssues"`
	Issues                      []issue             `json:"validationIssues"`
	Initialization
}

type issue struct {
	Code        string `json:"code"`
	Field       string `json:"field"`
	Description string `json:"description"`
}

func (e *StatusError) readBody(body []byte) {
	body = bytes.TrimSpace(body)
	if len(body) == 0 {
		return
	}
	var text string
	if json.Unmarshal(body, &text) == nil {
		e.Detail = text
		return
	}
	var p problem
	if body[0] != '{' || json.Unmarshal(body, &p) != nil {
		e.Detail = string(body)
		return
	}
	e.Title, e.RequiredAuthenticationLevel = p.Title, p.RequiredAuthenticationLevel
	details := nonEmpty(p.Detail, p.Message)
	for _, name := range sortedKeys(p.Errors) {
		details = append(details, name+": "+strings.Join(p.Errors[name], " "))
	}
	for _, i := range append(p.UploadIssues, p.Issues...) {
		details = append(details, strings.Join(nonEmpty(i.Code, i.Field, i.Description), " "))
	}
	e.Detail = strings.Join(details, "; ")
	if p.State != "" || p.RecommendedAction != "" {
		e.Initialization = &p.Initialization
	}
}

// RetryAfter is how long an answer asks the caller to wait (RFC 9110, section
// 10.2.3), a day at most; 0 if it does not say.
func RetryAfter(header http.Header, now time.Time) time.Duration {
	value := header.Get("Retry-After")
	if seconds, err := strconv.Atoi(strings.TrimSpace(value)); err == nil {
		return max(0, time.Duration(min(seconds, 24*60*60))*time.Second)
	}
	if at, err := http.ParseTime(value); err == nil {
		return min(max(0, at.Sub(now)), 24*time.Hour)
	}
	return 0
}

// clean makes foreign text fit for a log line: identity numbers and tokens out,
// one line, bounded.
func clean(text string) string {
	text = strings.Join(strings.Fields(scrub(text)), " ")
	if len(text) <= maxDetail {
		return text
	}
	cut := maxDetail
	for cut > 0 && !utf8.RuneStart(text[cut]) {
		cut--
	}
	return text[:cut] + "…"
}
