// Package frame is what all pages of the local platform's console have in
// common: the look, the words in three languages, the person who has been
// chosen, and the protection against pages of others.
//
// An [Area] brings pages; [New] puts areas together into one [http.Handler].
// Pages are made on the server. They work without script; where an area has a
// script, it adds to what is there.
//
// # Templates
//
// Each *.html file of an area, except those whose name begins with an
// underscore, is one page and defines the template "content". Files that begin
// with an underscore define templates which all pages of the area may use; to have
// them in the program, embed the folder as "all:pages". The
// frame's own partials are there as well:
//
//	{{template "error-summary" .Faults}}   a list of [Fault], for the top of a form
//	{{template "table-begin" (t "caption")}} … {{template "table-end"}}
//	                                       a region around a <table>, which scrolls on a narrow screen
//
// The dot of a page is a [View]. Functions of the frame, in the language of the
// page:
//
//	t "key" arg…     a word of the area, or else of the frame
//	when t, day t    a time, or its date, as people in Norway read it
//	size n           a number of bytes
//	dict "k" v …     a map, to hand several values to a partial
//	lang             "nb", "nn" or "en"
//
// # Words
//
// words.nb.json, words.nn.json and words.en.json have the same keys and the
// same places {0}, {1}, …; [New] refuses anything else.
package frame
