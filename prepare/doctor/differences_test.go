package doctor

import (
	"slices"
	"testing"
	"testing/fstest"

	"github.com/stafett/stafett/app"
)

// folderWith is a folder with a data type, and with line ends as they were
// written.
func folderWith(t *testing.T, dataType, policy string) *app.Folder {
	t.Helper()
	metadata, err := app.ParseMetadata([]byte(`{"id":"fts/sak","org":"fts","dataTypes":[` + dataType + `]}`))
	if err != nil {
		t.Fatal(err)
	}
	return &app.Folder{Metadata: metadata, PolicyXML: []byte(policy)}
}

// What a deployed application writes out although the folder leaves it to its
// default is no difference; what changes a handover is.
func TestDifferences(t *testing.T) {
	t.Parallel()
	const given = `{"id":"vedlegg","allowedContentTypes":["a/b","c/d"],"allowedContributers":["org:fts"],"maxSize":10}`
	folder := folderWith(t, given, "<Policy>\n</Policy>\n")
	for _, test := range []struct {
		name, dataType, policy string
		want                   []string
	}{
		{"the same", given, "<Policy>\n</Policy>\n", nil},
		{"written out", `{"id":"vedlegg","description":null,"allowedContentTypes":["c/d","a/b"],"allowedContributors":["org:fts"],"appLogic":null,"maxSize":10,"maxCount":0,"minCount":0,"grouping":null,"enablePdfCreation":true,"enableFileScan":false,"enabledFileAnalysers":[],"enabledFileValidators":[]}`,
			"\ufeff<Policy>\r\n</Policy>", nil},
		{"another size", `{"id":"vedlegg","allowedContentTypes":["a/b","c/d"],"allowedContributers":["org:fts"],"maxSize":11}`, "<Policy>\n</Policy>\n", []string{"data type vedlegg"}},
		{"no PDF", `{"id":"vedlegg","allowedContentTypes":["a/b","c/d"],"allowedContributers":["org:fts"],"maxSize":10,"enablePdfCreation":false}`, "<Policy>\n</Policy>\n", []string{"data type vedlegg"}},
		{"others", `{"id":"andre"}`, "<Policy/>", []string{"data type andre", "data type vedlegg", "policy"}},
	} {
		if got := differences(folder, folderWith(t, test.dataType, test.policy)); !slices.Equal(got, test.want) {
			t.Errorf("%s: %q, want %q", test.name, got, test.want)
		}
	}
}

// A scope's owner has many scopes that look alike and mean different things.
func TestNearScope(t *testing.T) {
	t.Parallel()
	known := []string{"altinn:serviceowner/instances.read", "altinn:serviceowner/instances.write", "altinn:serviceowner"}
	for given, want := range map[string]string{
		"altinn:serviceowners/instances.read":      "altinn:serviceowner/instances.read",
		"altinn:serviceowner/instance.write":       "altinn:serviceowner/instances.write",
		"Altinn:Serviceowner":                      "altinn:serviceowner",
		"altinn:serviceowner/notifications.create": "",
		"altinn:serviceowner/instances.delete":     "",
		"fts:arkiv":                                "",
		"":                                         "",
	} {
		if got := nearScope(given, known); got != want {
			t.Errorf("%q is near to %q, want %q", given, got, want)
		}
	}
}

func TestLaidFilesCoverTheFolders(t *testing.T) {
	t.Parallel()
	laid := laidFS{fstest.MapFS{"a/b": {Data: []byte("below")}, "a/c": {Data: []byte("seen")}}, map[string][]byte{"a/b": []byte("laid over"), "d": nil}}
	for name, want := range map[string]string{"a/b": "laid over", "a/c": "seen", "d": ""} {
		file, err := laid.Open(name)
		if err != nil {
			t.Fatal(err)
		}
		content := make([]byte, 20)
		n, _ := file.Read(content) // the end of an empty file is no error here
		if got := string(content[:n]); got != want {
			t.Errorf("%s holds %q, want %q", name, got, want)
		}
		if err := file.Close(); err != nil {
			t.Error(err)
		}
	}
}
