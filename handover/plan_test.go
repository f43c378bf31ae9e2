package handover

import (
	"testing"

	"github.com/stafett/stafett/altinn"
)

func TestFileName(t *testing.T) {
	t.Parallel()
	for contentType, want := range map[string]string{
		"application/pdf": "kart-b3a1c2d3.pdf", "image/png": "kart-b3a1c2d3.png", "image/jpeg": "kart-b3a1c2d3.jpg",
		"text/plain; charset=utf-8": "kart-b3a1c2d3.txt", "application/json": "kart-b3a1c2d3.json", "application/xml": "kart-b3a1c2d3.xml",
		"application/zip": "kart-b3a1c2d3.zip", "application/x-other": "kart-b3a1c2d3.bin", "": "kart-b3a1c2d3.bin",
	} {
		e := altinn.DataElement{ID: "b3a1c2d3-51c3-4c0a-9a0b-2f6f0d8c7a12", DataType: "kart", ContentType: contentType}
		if got := fileName(e); got != want {
			t.Errorf("%s without a name: got %s, want %s", contentType, got, want)
		}
		e.Filename = "Øvre rute.pdf"
		if got := fileName(e); got != e.Filename {
			t.Errorf("%s: the name became %s", contentType, got)
		}
	}
	if got := fileName(altinn.DataElement{ID: "b3", DataType: "kart"}); got != "kart-b3.bin" {
		t.Errorf("short id: got %s", got)
	}
}

// TestNewNamesAreClean renames files whose names Altinn would change or refuse.
func TestNewNamesAreClean(t *testing.T) {
	t.Parallel()
	for old, want := range map[string]string{
		"a/b\\c:d.pdf": "a_b_c_d.pdf", "what?*.p|f": "what__.p_f", "line\nbreak\x7f.pdf": "line_break_.pdf", " . .pdf": "kart.pdf", "..pdf": "kart.pdf", "a..pdf": "a.pdf",
		".pdf": "kart.pdf", "Kárášjohka (1).pdf": "Kárášjohka (1).pdf", "utan.": "utan.pdf", "{ext}{n}.pdf": "{ext}{n}.pdf",
	} {
		e := altinn.DataElement{ID: "b3a1c2d3", DataType: "kart", ContentType: "application/pdf", Filename: old}
		if got := rename("{name}{ext}", e, keySource, 1); got != want {
			t.Errorf("%q became %q, want %q", old, got, want)
		}
	}
}
