// Package fill shows the form of an instance in a browser: its pages, the
// confirmation, and the receipt.
//
// # What a browser asks for
//
//	POST /fill/start                               make an instance
//	GET  /fill/{org}/{app}/{party}/{guid}          where the instance stands
//	POST /fill/{org}/{app}/{party}/{guid}          take a step of the process
//	GET  /fill/{org}/{app}/{party}/{guid}/{page}   a page of the form
//	POST /fill/{org}/{app}/{party}/{guid}/{page}   save it, and do what the button says
//	GET  /fill/{org}/{app}/{party}/{guid}/files/{data}
//
// A page is one HTML form. Every button saves it and then does what its value
// says; the script saves as people go, with the same request, and puts in what
// has changed.
//
// # Two tabs, and the back button
//
// A page tells, in hidden fields, what each of its fields held when it was
// shown. What a person has not touched is left as it has become since; what the
// person has changed is written. A field that has been changed both here and
// elsewhere is not written: the page is shown again with what was typed and what
// is stored now, and the person decides by saving once more.
package fill
