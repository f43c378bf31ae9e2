package frame

import (
	"html/template"
	"io/fs"
)

// Area is one part of the console.
type Area struct {
	// Name is the first part of the area's paths, such as "inbox". The area of
	// the front page has the name "start".
	Name string
	// Files holds *.html, words.{nb,nn,en}.json and, optionally, style.css and
	// script.js (an ES module), all at the top.
	Files fs.FS
	// Funcs are functions for the area's templates besides the frame's.
	Funcs template.FuncMap
	// Under is the path of the entry of the menu that an area without entries of
	// its own belongs to, such as "/"; empty for none.
	Under string
	// Routes are the pages for which a person must have been chosen, by their
	// pattern as in [net/http.ServeMux] ("GET /inbox/{party}"). Whoever has not
	// chosen is sent to the front page first.
	Routes map[string]Handler
	// Open are the pages that need no person.
	Open map[string]Handler
	// Large are patterns whose requests may be of any size and take any time,
	// such as uploads; others are limited to 1 MiB and half a minute.
	Large []string
}

// Handler answers one request. Errors become pages: see [Refuse].
type Handler func(*Call) (Answer, error)

// Fault is one thing that is wrong with a form.
type Fault struct {
	Text string
	// Field is the id of the element to mend it in; empty for none.
	Field string
	// Page is the address of the page with the field; empty for this one.
	Page string
}
