package frame

import (
	"encoding/json"
	"errors"
	"io/fs"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/stafett/stafett/local/web/api"
)

func queryEscape(text string) string { return url.QueryEscape(text) }

// answer makes an HTTP handler of a page.
func (c *Console) answer(area *area, pattern string, handle Handler) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		c.bound(w, r, pattern)
		language, asked := languageOf(r)
		if asked {
			rememberLanguage(w, language)
		}
		found := c.sessions.of(r)
		call := &Call{Request: r, Person: found.person, Level: found.level, Language: language, console: c, area: area, session: found, login: found.login}
		a, err := handle(call)
		if err != nil {
			a = c.failure(call, err)
		}
		if a.session != nil {
			a.session(call, w)
		}
		switch {
		case a.stream != nil:
			c.stream(w, call, a)
		case a.location != "":
			http.Redirect(w, r, a.location, http.StatusSeeOther)
		case a.template == "":
			writeJSON(w, a.status, a.json)
		default:
			c.render(w, call, a)
		}
	}
}

// bound keeps a request from taking more memory or time than it needs.
func (c *Console) bound(w http.ResponseWriter, r *http.Request, pattern string) {
	if c.large[pattern] {
		return
	}
	r.Body = http.MaxBytesReader(w, r.Body, maxBody)
	deadline := http.NewResponseController(w)
	_ = deadline.SetReadDeadline(time.Now().Add(maxTime)) // not to be had in tests without a connection
	_ = deadline.SetWriteDeadline(time.Now().Add(maxTime))
}

// stream lets an answer write itself.
func (c *Console) stream(w http.ResponseWriter, call *Call, a Answer) {
	deadline := http.NewResponseController(w)
	_ = deadline.SetReadDeadline(time.Time{})
	_ = deadline.SetWriteDeadline(time.Time{})
	began := &beginning{ResponseWriter: w}
	err := a.stream(began, call.Request)
	switch {
	case err == nil:
	case began.begun:
		if call.Context().Err() == nil {
			c.cfg.Logger.InfoContext(call.Context(), "the console ended a stream", "path", call.URL.Path, "error", err)
		}
		panic(http.ErrAbortHandler)
	default:
		c.render(w, call, c.failure(call, err))
	}
}

// beginning notes whether an answer has begun.
type beginning struct {
	http.ResponseWriter
	begun bool
}

func (b *beginning) WriteHeader(status int) {
	b.begun = true
	b.ResponseWriter.WriteHeader(status)
}

func (b *beginning) Write(p []byte) (int, error) {
	b.begun = true
	return b.ResponseWriter.Write(p)
}

// Unwrap lets http.ResponseController reach flushing and deadlines.
func (b *beginning) Unwrap() http.ResponseWriter { return b.ResponseWriter }

func writeJSON(w http.ResponseWriter, status int, value any) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(value) // a failed write means that the browser has gone
}

// failurePage is what the page of an error shows.
type failurePage struct {
	Text   string
	Detail string // as the platform said it; may be empty
	// Why leads to the timeline, where refusals are explained.
	Why bool
	// Again leads to choosing person and level, where another level would help.
	Again *again
}

// again is where somebody comes back to, and with which level.
type again struct{ Next, Level string }

// failure turns an error into a page in the reader's language.
func (c *Console) failure(call *Call, err error) Answer {
	status, page := http.StatusInternalServerError, failurePage{Text: call.T("frame.failed")}
	var tooLarge *http.MaxBytesError
	if refused, ok := errors.AsType[*refusal](err); ok {
		status, page.Text = refused.status, call.T(refused.key, refused.args...)
	} else if answered, ok := errors.AsType[*api.Error](err); ok {
		status, page = platformFailure(call, answered)
	} else if errors.Is(err, fs.ErrNotExist) {
		status, page.Text = http.StatusNotFound, call.T("frame.no-page")
	} else if errors.As(err, &tooLarge) {
		status, page.Text = http.StatusRequestEntityTooLarge, call.T("frame.too-large", size(call.Language, tooLarge.Limit))
	} else if call.Context().Err() == nil {
		c.cfg.Logger.ErrorContext(call.Context(), "the console failed", "method", call.Method, "path", call.URL.Path, "error", err)
		page.Detail = err.Error()
	}
	if strings.Contains(call.Header.Get("Accept"), "application/json") {
		return JSON(status, map[string]string{"error": page.Text, "detail": page.Detail})
	}
	a := Show("failure", call.T("frame.status."+known(status)), page).WithStatus(status)
	return a
}

// platformFailure tells what an application or Storage has answered.
func platformFailure(call *Call, e *api.Error) (int, failurePage) {
	page := failurePage{Text: call.T("frame.platform", e.Status), Detail: strings.TrimSpace(e.Title + " " + e.Detail)}
	switch e.Status {
	case http.StatusUnauthorized, http.StatusForbidden:
		page.Text, page.Why = call.T("frame.forbidden", call.Person.Name), true
		if e.RequiredLevel != "" {
			page.Text = call.T("frame.level", e.RequiredLevel, call.Level)
			page.Again = &again{Level: e.RequiredLevel}
			if call.Method == http.MethodGet {
				page.Again.Next = call.URL.RequestURI()
			}
		}
		return http.StatusForbidden, page
	case http.StatusNotFound, http.StatusConflict:
		page.Text = call.T("frame.platform." + known(e.Status))
		return e.Status, page
	}
	return http.StatusBadGateway, page
}

// known gives the key of a status that has words of its own.
func known(status int) string {
	switch status {
	case http.StatusNotFound:
		return "404"
	case http.StatusForbidden, http.StatusUnauthorized:
		return "403"
	case http.StatusConflict:
		return "409"
	}
	if status < http.StatusInternalServerError {
		return "400"
	}
	return "500"
}
