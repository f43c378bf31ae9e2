package handover_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stafett/stafett/altinn"
	"github.com/stafett/stafett/handover"
)

// file is a file of the source; n orders files, also by id.
func file(n int, dataType, contentType, name string, size int64) altinn.DataElement {
	return altinn.DataElement{
		ID: string(rune('0'+n)) + "3a1c2d3-51c3-4c0a-9a0b-2f6f0d8c7a12", DataType: dataType, ContentType: contentType, Filename: name, Size: size,
		Created: time.Date(2026, 1, 30, 10, n, 0, 0, time.UTC),
	}
}

const fixed = "    recipient: {organisationNumber: \"313547264\"}\n"

func TestFiles(t *testing.T) {
	t.Parallel()
	files := []altinn.DataElement{
		file(3, "kart", "image/png", "Øvre rute.png", 300),
		file(1, "kart", "application/pdf", "Kart.PDF", 100),
		file(2, "kart", "application/pdf; charset=binary", "", 20<<10),
		file(4, "kart", "image/png", "utan", 4),
		file(5, "alt", "text/plain", "a.txt", 5),
		file(6, "kart", "image/png", "kart-3.png", 6),
	}
	cases := []struct {
		name, rule string
		want       []string // names, by age
	}{
		{"as they are", "{from: kart, to: vedlegg}", []string{"Kart.PDF", "kart-23a1c2d3.pdf", "Øvre rute.png", "utan.png", "kart-3.png"}},
		{"numbered", "{from: kart, to: vedlegg, rename: 'kart-{n}{ext}'}", []string{"kart-1.PDF", "kart-2.pdf", "kart-3.png", "kart-4.png", "kart-5.png"}},
		{"everything", "{from: kart, to: vedlegg, rename: '{reference} {type} {name}{ext}'}", []string{
			"2f6f0d8c7a11 kart Kart.PDF", "2f6f0d8c7a11 kart kart-23a1c2d3.pdf", "2f6f0d8c7a11 kart Øvre rute.png", "2f6f0d8c7a11 kart utan.png", "2f6f0d8c7a11 kart kart-3.png"}},
		{"the same name", "{from: kart, to: vedlegg, rename: 'kart{ext}'}", []string{"kart.PDF", "kart-2.pdf", "kart.png", "kart-2.png", "kart-3.png"}},
		{"by content type", "{from: kart, to: vedlegg, only: {contentType: application/pdf}}", []string{"Kart.PDF", "kart-23a1c2d3.pdf"}},
		{"by kind", "{from: kart, to: vedlegg, only: {contentType: image/*}, rename: 'b{n}{ext}'}", []string{"b1.png", "b2.png", "b3.png"}},
		{"by name", "{from: kart, to: vedlegg, only: {name: 'kart*.p?f'}}", []string{"Kart.PDF", "kart-23a1c2d3.pdf"}},
		{"by size", "{from: kart, to: vedlegg, only: {maxSize: 20kB}}", []string{"Kart.PDF", "Øvre rute.png", "utan.png", "kart-3.png"}},
		{"by all three", "{from: kart, to: vedlegg, only: {contentType: [image/png, application/pdf], name: 'k*', maxSize: 99B}}", []string{"kart-3.png"}},
		{"two rules", "{from: kart, to: vedlegg, only: {contentType: image/*}}, {from: kart, to: kildePdf, only: {name: kart.pdf, contentType: application/pdf, maxSize: 5MiB}, rename: 'kjelde{ext}'}", []string{"Øvre rute.png", "utan.png", "kart-3.png", "kjelde.PDF"}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			d := mustCompile(t, fixed+"    attachments: ["+c.rule+"]\n", nil, nil)
			shuffled := slices.Clone(files)
			for range 2 { // the order of the list decides nothing
				p, err := handover.PlanOf(d, source(shuffled...), "{}")
				var names []string
				for _, f := range p.Files {
					names = append(names, f.Name)
				}
				if err != nil || !slices.Equal(names, c.want) {
					t.Errorf("got %q, %v, want %q", names, err, c.want)
				}
				slices.Reverse(shuffled)
			}
		})
	}
}

func TestFileChecks(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name, rule string
		files      []altinn.DataElement
		want       string // part of the error; "" = none
		missing    bool
	}{
		{"none left of a required type", "{from: kart, to: vedlegg, required: true, only: {name: 'x*'}}", []altinn.DataElement{file(1, "kart", "image/png", "a.png", 1)}, "no file of the data type kart", true},
		{"too large, but left behind", "{from: kart, to: vedlegg, only: {maxSize: 1MiB}}", []altinn.DataElement{file(1, "kart", "image/png", "a.png", 11<<20)}, "", false},
		{"too large", "{from: kart, to: vedlegg, only: {name: 'a*'}}", []altinn.DataElement{file(1, "kart", "image/png", "a.png", 11<<20)}, "vedlegg takes 10485760 at most", false},
		{"infected, but left behind", "{from: kart, to: vedlegg, only: {name: 'b*'}}", []altinn.DataElement{func() altinn.DataElement {
			e := file(1, "kart", "image/png", "a.png", 1)
			e.FileScanResult = "Infected"
			return e
		}()}, "", false},
		{"larger than any request", "{from: alt, to: ope}", []altinn.DataElement{file(1, "alt", "text/plain", "a.txt", 2000<<20+1)}, "Altinn takes 2097152000 at most", false},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			d := mustCompile(t, fixed+"    attachments: ["+c.rule+"]\n", nil, []string{`{"id":"vedlegg"`, `{"id":"ope","taskId":"Task_1"},{"id":"vedlegg"`})
			_, err := handover.PlanOf(d, source(c.files...), "{}")
			if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want %q", err, c.want)
			}
			var missing *handover.MissingAttachmentError
			if errors.As(err, &missing) != c.missing {
				t.Errorf("got %T", err)
			}
		})
	}
}

func TestConditionCountsFiles(t *testing.T) {
	t.Parallel()
	d := mustCompile(t, fixed+"    condition: [equals, [countDataElements, kart], 1]\n", nil, nil)
	gone := file(2, "kart", "image/png", "b.png", 1)
	gone.DeleteStatus = &altinn.DeleteStatus{IsHardDeleted: true}
	if _, err := handover.PlanOf(d, source(file(1, "kart", "image/png", "a.png", 1), gone), "{}"); err != nil {
		t.Error(err)
	}
	if _, err := handover.PlanOf(d, source(gone), "{}"); !errors.Is(err, handover.ErrNotWanted) {
		t.Errorf("got %v", err)
	}
}

func TestFilterFaults(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name, rule     string
		original, into []string
		want           string // "" = none
	}{
		{"type that there never is", "{from: kart, to: vedlegg, only: {contentType: [text/csv, image/*]}}", nil, nil, "kart never holds text/csv (it allows application/pdf, image/png)"},
		{"type that does not fit", "{from: alt, to: vedlegg, only: {contentType: text/csv}}", nil, nil, "only.contentType lets text/csv through, which vedlegg of fts/mottak does not allow"},
		{"the others do not matter", "{from: kart, to: kildePdf, only: {contentType: application/pdf, maxSize: 5MiB}}", nil, nil, ""},
		{"the others matter", "{from: kart, to: kildePdf, only: {maxSize: 5MiB}}", nil, nil, "kart holds image/png, which kildePdf of fts/mottak does not allow"},
		{"size that does not fit", "{from: kart, to: vedlegg, only: {maxSize: 6MiB}}", nil, []string{`"maxSize":10`, `"maxSize":5`}, "only.maxSize lets files of 6291456 bytes through, but vedlegg of fts/mottak takes 5 MiB at most"},
		{"size that there never is", "{from: kart, to: vedlegg, only: {maxSize: 20MiB}}", nil, nil, ""},
		{"size without a limit in the source", "{from: kart, to: vedlegg, only: {maxSize: 20MiB}}", []string{`,"maxSize":10`, ``}, nil, "only.maxSize lets"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			_, err := compile(t, fixed+"    attachments: ["+c.rule+"]\n", c.original, c.into)
			if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want %q", err, c.want)
			}
		})
	}
}
