package pdf

// table prints rows with equally wide columns. A row that does not fit on the
// page starts the next one, where the column names are repeated.
func (p *printer) table(t Table) {
	if len(t.Columns) == 0 {
		return
	}
	p.keepTogether(3 * lineHeight)
	if !p.row("B", t.Columns) {
		p.AddPage()
		p.row("B", t.Columns)
	}
	for _, cells := range t.Rows {
		if p.row("", cells) {
			continue
		}
		p.AddPage()
		p.row("B", t.Columns)
		if !p.row("", cells) {
			p.longRow(t.Columns, cells)
		}
	}
	p.Ln(2)
}

// row prints one row if it fits on the rest of the page, and tells whether it
// did. Each cell is as high as the highest.
func (p *printer) row(style string, cells []string) bool {
	p.SetFont(fontFamily, style, 9)
	width := textWidth / float64(len(cells))
	height := lineHeight
	for i := range cells {
		if lines := p.SplitText(p.face.printable(cells[i]), width); float64(len(lines))*lineHeight > height {
			height = float64(len(lines)) * lineHeight
		}
	}
	x, y := p.GetX(), p.GetY()
	if _, bottom := p.GetPageSize(); y+height > bottom-margin {
		return false
	}
	for i, cell := range cells {
		left := x + float64(i)*width
		p.Rect(left, y, width, height, "D")
		p.SetXY(left, y)
		p.MultiCell(width, lineHeight, p.face.printable(cell), "", "L", false)
	}
	p.SetXY(x, y+height)
	return true
}

// longRow prints a row that is higher than a page as facts, which may break
// anywhere.
func (p *printer) longRow(columns, cells []string) {
	for i, cell := range cells {
		p.fact(Fact{Label: columns[i], Value: cell})
	}
}
