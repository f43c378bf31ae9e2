// Package pdf prints a submitted form as an A4 document.
//
// The stand-in for Altinn's PDF generator, which runs a browser, uses it. The
// text survives whole: the fonts are embedded and cover Norwegian and the Sami
// languages of Norway. The same [Document] always gives the same bytes. The
// result is not a tagged PDF, so it is not accessible in the sense of PDF/UA.
package pdf

import "time"

// Document is what is printed, in the order of its members.
type Document struct {
	Title string
	// Language is the language of the text as a BCP 47 tag, such as "nb".
	Language string
	// Facts stand below the title, such as the reference and the time of
	// submission.
	Facts []Fact
	// Blocks are the form itself.
	Blocks []Block
	// Created goes into the document's information dictionary, as the time when
	// it was made.
	Created time.Time
	// PageLabel is the word before the page number, such as "Side".
	PageLabel string
}

// Fact is a label with its value.
type Fact struct{ Label, Value string }

// Block is one part of a form: a [Heading], a [Paragraph], a [Fact], a [Table]
// or a [List].
type Block interface{ block() }

// Heading starts a section. Level is 1 for a page of the form, 2 for a part of
// it, 3 for a group of fields.
type Heading struct {
	Level int
	Text  string
}

// Paragraph is running text.
type Paragraph struct{ Text string }

// Table is a repeating group: one row per repetition.
type Table struct {
	Columns []string
	Rows    [][]string // each as long as Columns
}

// List is a list of short texts, such as the names of attachments.
type List struct{ Items []string }

func (Heading) block()   {}
func (Paragraph) block() {}
func (Fact) block()      {}
func (Table) block()     {}
func (List) block()      {}
