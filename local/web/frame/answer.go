package frame

import (
	"fmt"
	"net/http"
)

// Answer is what a [Handler] wants to be sent.
type Answer struct {
	status   int
	template string
	title    string
	data     any
	fragment bool
	location string
	json     any
	stream   func(http.ResponseWriter, *http.Request) error
	// session changes what the browser remembers.
	session func(*Call, http.ResponseWriter)
}

// Show answers with a page: the name of its file without ".html", its title in
// the reader's language, and its data.
func Show(template, title string, data any) Answer {
	return Answer{status: http.StatusOK, template: template, title: title, data: data}
}

// WithStatus gives an answer another status than 200.
func (a Answer) WithStatus(status int) Answer {
	a.status = status
	return a
}

// Redirect goes on to another page with GET, as after every change.
func Redirect(location string) Answer {
	return Answer{status: http.StatusSeeOther, location: location}
}

// Fragment answers with one template of a page, without the frame: its name is
// "page#template" or, for the page's content, "page".
func Fragment(template string, data any) Answer {
	return Answer{status: http.StatusOK, template: template, data: data, fragment: true}
}

// JSON answers a script.
func JSON(status int, value any) Answer { return Answer{status: status, json: value} }

// Stream lets write answer by itself, for as long as it takes: a download, or a
// stream of events. The context of its request ends when the console is closed.
// An error before the first byte becomes a page; one after it ends the
// connection, so that nobody takes a part for the whole.
func Stream(write func(http.ResponseWriter, *http.Request) error) Answer {
	return Answer{stream: write}
}

// refusal is a page that only says why.
type refusal struct {
	status int
	key    string
	args   []any
}

// Refuse makes an error that becomes a page with the status and with a word of
// the area, or of the frame, as its text.
func Refuse(status int, key string, args ...any) error { return &refusal{status, key, args} }

func (r *refusal) Error() string { return fmt.Sprintf("refuse with %d: %s", r.status, r.key) }
