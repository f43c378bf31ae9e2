package fit_test

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stafett/stafett/app"
	"github.com/stafett/stafett/handover"
	"github.com/stafett/stafett/prepare/fit"
)

// metadataEdit returns the edit of the receiving application's metadata.
func metadataEdit(t *testing.T, result fit.Result) (fit.Edit, bool) {
	t.Helper()
	at := slices.IndexFunc(result.Edits, func(e fit.Edit) bool { return strings.HasSuffix(e.Name, "applicationmetadata.json") })
	if at < 0 {
		return fit.Edit{}, false
	}
	if result.Edits[at].Application != fit.Receiving {
		t.Error("the original's metadata is edited")
	}
	return result.Edits[at], true
}

func TestMetadataNeeds(t *testing.T) {
	t.Parallel()
	const files = "      - {from: kart, to: vedlegg} "
	rule := func(with string) variant { return variant{projectFile: replace(files, "      - "+with)} }
	tests := map[string]struct {
		variant variant
		missing []string
		added   []string // lines of the diff that are added
		removed []string
	}{
		"no data type for the files": {rule("{from: kart, to: bilag}"), []string{fit.NeedDataType}, []string{
			"    },", "    {", `      "id": "bilag",`, `      "allowedContentTypes": [`, `        "application/pdf",`, `        "image/png",`, `        "image/jpeg"`, "      ],",
			`      "taskId": "Task_1",`, `      "maxSize": 10,`, `      "maxCount": 3,`, `      "minCount": 0,`, `      "enablePdfCreation": false`}, nil},
		"no data type for the PDF": {variant{projectFile: replace("to: kildePdf", "to: soknaden")}, []string{fit.NeedDataType}, []string{
			"    },", "    {", `      "id": "soknaden",`, `      "allowedContentTypes": [`, `        "application/pdf"`, "      ],", `      "allowedContributers": [`, `        "org:fts"`, "      ],",
			`      "taskId": "Task_1",`, `      "maxCount": 1,`, `      "minCount": 0,`, `      "enablePdfCreation": false`}, nil},
		"two data types": {variant{projectFile: replace("to: kildePdf", "to: soknaden", "to: vedlegg}", "to: bilag}")}, []string{fit.NeedDataType, fit.NeedDataType}, nil, nil},
		"only some content types": {variant{receivingMetadata: replace("\"image/png\",\n        \"image/jpeg\"", `"image/png"`)},
			[]string{fit.NeedContentTypes}, []string{`        "image/png",`, `        "image/jpeg"`}, []string{`        "image/png"`}},
		"those that the filter lets through": {variant{
			receivingMetadata: replace("\"image/png\",\n        \"image/jpeg\"", `"image/png"`),
			projectFile:       replace(files, "      - {from: kart, to: vedlegg, only: {contentType: [application/pdf, image/png]}}")}, nil, nil, nil},
		"too small": {variant{receivingMetadata: replace(`"maxSize": 10`, `"maxSize": 9`)}, []string{fit.NeedSize}, []string{`      "maxSize": 10,`}, []string{`      "maxSize": 9,`}},
		"small, and so is what comes": {variant{receivingMetadata: replace(`"maxSize": 10`, `"maxSize": 9`),
			projectFile: replace(files, "      - {from: kart, to: vedlegg, only: {maxSize: 9MiB}}")}, nil, nil, nil},
		"too few":                         {variant{receivingMetadata: replace(`"maxCount": 20`, `"maxCount": 2`)}, []string{fit.NeedCount}, []string{`      "maxCount": 3,`}, []string{`      "maxCount": 2,`}},
		"too few for two rules":           {variant{receivingMetadata: replace(`"maxCount": 20`, `"maxCount": 3`), projectFile: replace(files, files+"\n      - {from: ref-data-as-pdf, to: vedlegg}")}, []string{fit.NeedCount}, nil, nil},
		"from the application alone":      {variant{receivingMetadata: replace(`"org:fts"`, `"app:owned"`)}, []string{fit.NeedContributor}, []string{`        "app:owned",`, `        "org:fts"`}, []string{`        "app:owned"`}},
		"from the organisation by number": {variant{receivingMetadata: replace(`"org:fts"`, `"orgno:`+owner(t)+`"`)}, nil, nil, nil},
		"from another organisation":       {variant{receivingMetadata: replace(`"org:fts"`, `"orgno:974760673"`)}, []string{fit.NeedContributor}, nil, nil},
		"persons only": {variant{receivingMetadata: replace(`"organisation": true`, `"organisation": false`, `"person": false`, `"person": true`)},
			[]string{fit.NeedPartyType}, []string{`    "organisation": true,`}, []string{`    "organisation": false,`}},
		"persons only, with flags left out": {variant{receivingMetadata: replace("    \"bankruptcyEstate\": false,\n    \"organisation\": true,\n    \"person\": false,\n    \"subUnit\": false", `    "person": true`)},
			[]string{fit.NeedPartyType}, []string{`    "person": true,`, `    "organisation": true`}, []string{`    "person": true`}},
		"the sender is the recipient": {variant{projectFile: replace("    recipient:\n      organisationNumber: \"313547264\"\n", "    recipient: source\n")},
			[]string{fit.NeedPartyType}, []string{`    "person": true,`}, []string{`    "person": false,`}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			in := test.variant.read(t)
			result := applications(t, in)
			if got := ids(result.Missing); !slices.Equal(got, test.missing) {
				t.Fatalf("missing %q, want %q", got, test.missing)
			}
			edit, edited := metadataEdit(t, result)
			if edited != (len(test.missing) > 0) || len(edit.Reasons) != len(test.missing) {
				t.Fatalf("edited %t for %q", edited, edit.Reasons)
			}
			added, removed := changed(edit)
			if test.added != nil && (!slices.Equal(added, test.added) || !slices.Equal(removed, test.removed)) {
				t.Errorf("added\n%s\nremoved\n%s", strings.Join(added, "\n"), strings.Join(removed, "\n"))
			}
			if again := applications(t, heals(t, in, result)); len(again.Missing)+len(again.Warnings) > 0 {
				t.Errorf("still missing: %+v, %q", again.Missing, again.Warnings)
			}
		})
	}
}

func owner(t *testing.T) string { return exampleProject(t).Owner.OrganisationNumber }

// changed returns the lines that an edit adds and removes.
func changed(e fit.Edit) (added, removed []string) {
	for _, line := range fit.Diff(e.Before, e.After) {
		switch line.Operation {
		case '+':
			added = append(added, line.Text)
		case '-':
			removed = append(removed, line.Text)
		}
	}
	return added, removed
}

// What no edit of the receiving application mends is told all the same.
func TestMetadataNeedsWithoutEdit(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		variant variant
		need    string
		remedy  string
	}{
		"a misspelt data type": {variant{projectFile: replace("to: vedlegg}", "to: vedleg}")}, fit.NeedDataType, "write vedlegg under to in "},
		"the platform's PDF":   {variant{projectFile: replace("to: kildePdf", "to: ref-data-as-pdf")}, fit.NeedDataType, "name another data type under to in "},
		"no PDF": {variant{originalMetadata: replace("\"minCount\": 1,\n      \"enablePdfCreation\": true", "\"minCount\": 1,\n      \"enablePdfCreation\": false")},
			fit.NeedPDF, "set enablePdfCreation of the form's data type to true in config/applicationmetadata.json"},
		"forms that are deleted": {variant{originalMetadata: replace("],\n  \"autoDeleteOnProcessEnd\": false", "],\n  \"autoDeleteOnProcessEnd\": true")},
			fit.NeedKeep, "set autoDeleteOnProcessEnd to false in "},
		"data that is deleted": {variant{originalMetadata: replace("        \"autoDeleteOnProcessEnd\": false", "        \"autoDeleteOnProcessEnd\": true")},
			fit.NeedKeep, "set autoDeleteOnProcessEnd of skjema to false in "},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			result := applications(t, test.variant.read(t))
			if got := ids(result.Missing); !slices.Equal(got, []string{test.need}) || !strings.HasPrefix(result.Missing[0].Remedy, test.remedy) {
				t.Errorf("missing %+v", result.Missing)
			}
			if len(result.Edits) > 0 {
				t.Errorf("edited for %q", result.Edits[0].Reasons)
			}
		})
	}
}

func TestMetadataWarnings(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		variant variant
		want    string
	}{
		"any content type": {variant{originalMetadata: replace("\"application/pdf\",\n        \"image/png\",\n        \"image/jpeg\"", "")},
			"the files of kart may be of any content type, and vedlegg takes application/pdf, image/png, image/jpeg"},
		"any size":   {variant{originalMetadata: replace("\n      \"maxSize\": 10,", "")}, "the files of kart may be of any size, and vedlegg takes 10 MiB at most"},
		"any number": {variant{originalMetadata: replace(`"maxCount": 3`, `"maxCount": 0`)}, "the files of kart may be any number, and vedlegg takes 20 at most"},
		"sub-units only": {variant{receivingMetadata: replace(`"organisation": true`, `"organisation": false`, `"subUnit": false`, `"subUnit": true`)},
			"of organisations, fts/saksmottak lets sub-units alone own instances"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			result := applications(t, test.variant.read(t))
			if len(result.Warnings) != 1 || !strings.HasPrefix(result.Warnings[0], test.want) || len(result.Missing)+len(result.Edits) > 0 {
				t.Errorf("got %q, %+v", result.Warnings, result.Missing)
			}
		})
	}
}

// withMetadata gives the receiving application another metadata, and its name.
func withMetadata(in fit.Input, file []byte) (fit.Input, bool) {
	m, err := app.ParseMetadata(file)
	if err != nil {
		return in, false
	}
	folder := *in.Receiving.App
	folder.Metadata, folder.ID, folder.Org = m, m.ID, m.Org
	_, folder.Name, _ = strings.Cut(m.ID, "/")
	in.Receiving.App = &folder
	in.Receiving.Files = map[string][]byte{"config/applicationmetadata.json": file, "config/authorization/policy.xml": folder.PolicyXML}
	p := *in.Project
	p.Handovers = slices.Clone(p.Handovers)
	p.Handovers[0].To = m.ID
	in.Project = &p
	return in, true
}

// checkMetadataEdit demands that an edited file can be read, is edited no more,
// and says everything else as before.
func checkMetadataEdit(t *testing.T, in fit.Input, edit fit.Edit) {
	t.Helper()
	after, ok := withMetadata(in, edit.After)
	if !ok {
		t.Fatalf("the edited metadata cannot be read:\n%s", edit.After)
	}
	if again, more := metadataEdit(t, applications(t, after)); more {
		t.Errorf("the edited metadata is edited again, for %q:\n%s", again.Reasons, edit.After)
	}
	if found := faults(after, handover.AboutAttachments, handover.AboutRecipients); len(found) > 0 {
		t.Errorf("a handover is still refused: %q", found)
	}
	carried := map[string]bool{}
	for _, a := range in.Project.Handovers[0].Attachments {
		carried[a.To] = true
	}
	// Without what handovers concern, both files say the same.
	rest := func(m app.Metadata) string {
		m.PartyTypesAllowed = app.PartyTypes{}
		m.DataTypes = slices.DeleteFunc(append([]app.DataType{}, m.DataTypes...), func(t app.DataType) bool { return carried[t.ID] })
		text, err := json.Marshal(m)
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	if was, is := rest(in.Receiving.App.Metadata), rest(after.Receiving.App.Metadata); was != is {
		t.Errorf("the edit changes more than it should:\n%s\n%s", was, is)
	}
	// No byte is lost but those of values that are replaced.
	_, removed := changed(edit)
	for _, line := range removed {
		if kept := strings.TrimRight(strings.TrimSpace(line), ","); !bytes.Contains(edit.After, []byte(kept)) &&
			!strings.Contains(line, ":") && !strings.Contains(line, "[") {
			t.Errorf("the line %q is lost", line)
		}
	}
}

func TestMetadataCorpus(t *testing.T) {
	t.Parallel()
	in, edits := variant{}.read(t), 0
	for name, file := range corpus(t, "meta/*.json") {
		in, ok := withMetadata(in, file)
		if !ok {
			continue
		}
		t.Run(name, func(t *testing.T) {
			if edit, edited := metadataEdit(t, applications(t, in)); edited {
				checkMetadataEdit(t, in, edit)
				edits++
			}
		})
	}
	if edits < 20 {
		t.Errorf("only %d files were edited", edits)
	}
}

// metadataStyles are small files in different styles.
func metadataStyles() map[string]string {
	const short = "{\n\t\"Id\": \"fts/saksmottak\", \"org\": \"fts\",\n\t\"partyTypesAllowed\": {\"person\": true},\n\t\"dataTypes\": [\n\t\t{\"id\": \"vedlegg\", \"maxSize\":1, \"allowedContributors\": [\"app:owned\"], \"allowedContentTypes\": [ \"image/png\" ]},\n\t]\n}\n"
	return map[string]string{
		"tabs-and-trailing-comma": short,
		"line-ends-and-mark":      "\ufeff" + strings.ReplaceAll(short, "\n", "\r\n"),
		"one-line":                strings.NewReplacer("\n", "", "\t", "").Replace(short),
		"no-types":                "{\n  \"id\": \"fts/saksmottak\",\n  \"org\": \"fts\",\n  \"dataTypes\": []\n}",
		"null-types":              `{"id": "fts/saksmottak", "org": "fts", "dataTypes": null}`,
		"null-on-a-line":          "{\n  \"id\": \"fts/saksmottak\",\n  \"org\": \"fts\",\n  \"dataTypes\": null\n}",
		"absent-types":            "{\r\n  \"id\": \"fts/saksmottak\",\r\n  \"org\": \"fts\"\r\n}",
	}
}

func TestMetadataStyles(t *testing.T) {
	t.Parallel()
	example := variant{}.read(t)
	for name, file := range metadataStyles() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			in, ok := withMetadata(example, []byte(file))
			if !ok {
				t.Fatal("the metadata cannot be read")
			}
			edit, edited := metadataEdit(t, applications(t, in))
			if !edited {
				t.Fatal("no edit")
			}
			golden := filepath.Join("testdata", name+".metadata.golden")
			if *update {
				if err := os.WriteFile(golden, edit.After, 0o600); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(edit.After, want) {
				t.Errorf("got\n%s\nwant\n%s", edit.After, want)
			}
			checkMetadataEdit(t, in, edit)
		})
	}
}

func FuzzMetadataEdit(f *testing.F) {
	for _, seed := range metadataStyles() {
		f.Add([]byte(seed))
	}
	example, err := fit.Read(exampleProject(f))
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, file []byte) {
		in, ok := withMetadata(example, file)
		if !ok {
			return
		}
		if edit, edited := metadataEdit(t, applications(t, in)); edited {
			checkMetadataEdit(t, in, edit)
		}
	})
}
