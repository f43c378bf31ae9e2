package pdf

import (
	"fmt"
	"io"

	"codeberg.org/go-pdf/fpdf"
	"golang.org/x/image/font/gofont/gobold"
	"golang.org/x/image/font/gofont/goregular"
)

// Measures of the page, in millimetres and points.
const (
	margin     = 20.0
	lineHeight = 5.5
	textWidth  = 210 - 2*margin
	bodySize   = 10.0
	fontFamily = "go"
)

// Render writes the document as PDF 1.3 or later. An error comes from w, or
// from a document that does not fit on a page at all.
func Render(w io.Writer, doc Document) error {
	face, err := newTypeface()
	if err != nil {
		return err
	}
	p := &printer{Fpdf: fpdf.New("P", "mm", "A4", ""), face: face}
	p.setUp(doc)
	p.AddPage()
	p.title(doc.Title)
	for _, f := range doc.Facts {
		p.fact(f)
	}
	for _, b := range doc.Blocks {
		p.block(b)
	}
	if err := p.Output(w); err != nil {
		return fmt.Errorf("write pdf: %w", err)
	}
	return nil
}

type printer struct {
	*fpdf.Fpdf
	face *typeface
}

func (p *printer) setUp(doc Document) {
	// Both dates and the order of objects are fixed, so that equal documents
	// are equal files.
	p.SetCreationDate(doc.Created.UTC())
	p.SetModificationDate(doc.Created.UTC())
	p.SetCatalogSort(true)
	p.SetProducer("Stafett", true)
	p.SetTitle(doc.Title, true)
	p.SetLang(doc.Language)
	p.SetMargins(margin, margin, margin)
	p.SetAutoPageBreak(true, margin)
	p.AddUTF8FontFromBytes(fontFamily, "", goregular.TTF)
	p.AddUTF8FontFromBytes(fontFamily, "B", gobold.TTF)
	p.SetFooterFunc(func() {
		p.SetY(-margin + lineHeight)
		p.SetFont(fontFamily, "", 8)
		p.CellFormat(0, lineHeight, p.face.printable(fmt.Sprintf("%s %d", doc.PageLabel, p.PageNo())), "", 0, "R", false, 0, "")
	})
}

func (p *printer) title(text string) {
	p.text("B", 18, 8, text)
	p.Ln(3)
}

func (p *printer) block(b Block) {
	switch b := b.(type) {
	case Heading:
		p.heading(b)
	case Paragraph:
		p.text("", bodySize, lineHeight, b.Text)
		p.Ln(1.5)
	case Fact:
		p.fact(b)
	case Table:
		p.table(b)
	case List:
		for _, item := range b.Items {
			p.text("", bodySize, lineHeight, "• "+item)
		}
		p.Ln(1.5)
	}
}

func (p *printer) heading(h Heading) {
	size, above := 14.0, 4.0
	switch h.Level {
	case 2:
		size = 12
	case 3:
		size, above = 10.5, 1
	}
	p.keepTogether(4 * lineHeight)
	p.Ln(above)
	p.text("B", size, 7, h.Text)
	p.Ln(1)
}

func (p *printer) fact(f Fact) {
	p.keepTogether(2 * lineHeight)
	p.text("B", 9, 5, f.Label)
	value := f.Value
	if value == "" {
		value = "–"
	}
	p.text("", bodySize, lineHeight, value)
	p.Ln(1.5)
}

// text prints a paragraph over the whole width.
func (p *printer) text(style string, size, height float64, text string) {
	p.SetFont(fontFamily, style, size)
	p.MultiCell(textWidth, height, p.face.printable(text), "", "L", false)
}

// keepTogether starts a new page when less than height is left on this one.
func (p *printer) keepTogether(height float64) {
	if _, bottom := p.GetPageSize(); p.GetY()+height > bottom-margin {
		p.AddPage()
	}
}
