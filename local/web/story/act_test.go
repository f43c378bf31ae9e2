package story

import (
	"encoding/json"
	"io/fs"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stafett/stafett/local/timeline"
)

func readWords(t *testing.T, language string) map[string]string {
	t.Helper()
	data, err := fs.ReadFile(embedded, "pages/words."+language+".json")
	if err != nil {
		t.Fatal(err)
	}
	var words map[string]string
	if err := json.Unmarshal(data, &words); err != nil {
		t.Fatal(err)
	}
	return words
}

// TestEveryActHasASentence holds that each has its words in all languages, with
// the infinitive and a place for each of its values.
func TestEveryActHasASentence(t *testing.T) {
	t.Parallel()
	places := regexp.MustCompile(`\{\d\}`)
	used := map[string]bool{"challenged": true, "other": true, "token-any": true, "process-moved": true, "process-sent": true, "process-ended": true}
	for _, language := range []string{"nb", "nn", "en"} {
		words := readWords(t, language)
		for _, known := range slices.Concat(slices.Concat(slices.Collect(maps.Values(acts))...), appActs) {
			used[known.key] = true
			sentence := words["did."+known.key]
			first, _, _ := strings.Cut(sentence, " ")
			if strings.Count(first, "|") != 1 || strings.Count(sentence, "|") != 1 {
				t.Errorf("%s: %s is %q, without an infinitive in its first word", language, known.key, sentence)
			}
			for n := range places.FindAllString(sentence, -1) {
				if n >= len(known.args) || !strings.Contains(sentence, "{"+strconv.Itoa(n)+"}") {
					t.Errorf("%s: %s is %q, for %d values", language, known.key, sentence, len(known.args))
				}
			}
			for _, name := range known.args {
				if !slices.Contains([]string{"system", "app", "scope", "size", "type", "actions", "org"}, name) && !strings.Contains(known.pattern, "{"+name+"}") {
					t.Errorf("%s has no value %q", known.pattern, name)
				}
			}
		}
		for key := range words {
			if name, ok := strings.CutPrefix(key, "did."); ok && !used[name] {
				t.Errorf("%s: nothing is told with %s", language, key)
			}
		}
		for _, chapter := range chapters {
			if words["chapter."+string(chapter)] == "" || words["chapter."+string(chapter)+".what"] == "" {
				t.Errorf("%s: the chapter %s has no words", language, chapter)
			}
		}
	}
}

func TestDeedOf(t *testing.T) {
	t.Parallel()
	const apps = "fts.apps.tt02.altinn.no"
	for _, tc := range []struct {
		method, host, target string
		want                 string // the key, and the values
	}{
		{"POST", "test.maskinporten.no", "/token", "token map[]"},
		{"GET", "kv.vault.azure.net", "/secrets/Name/?api-version=7.4", "secret-read map[name:Name]"},
		{"GET", "kv.vault.azure.net", "/secrets/Name/versions", "secret-versions map[name:Name]"},
		{"GET", "kv.vault.azure.net", "/secrets/A%2FB/0123", "secret-read-version map[name:A/B version:0123]"},
		{"HEAD", "kv.vault.azure.net", "/secrets", "secret-list map[]"},
		{"POST", "kv.vault.azure.net", "/secrets/restore", "secret-restore map[]"},
		{"GET", "api.test.samarbeid.digdir.no", "/api/v1/altinn/admin/clients", "client-list map[]"},
		{"GET", "sjolvbetjening.test.samarbeid.digdir.no", "/clients/1/keys/new", "portal-page map[]"},
		{"GET", "sjolvbetjening.test.samarbeid.digdir.no", "/", "portal-page map[]"},
		{"POST", apps, "/fts/saksmottak/instances/create", "instance-create map[]"},
		{"GET", apps, "/fts/saksmottak/instances/1/active", "instance-list map[party:1]"},
		{"GET", apps, "/fts/saksmottak/instances/1/g/process/history", "process-look map[guid:g party:1]"},
		{"POST", apps, "/fts/saksmottak/instances/1/g/data/type/vedlegg", "data-add map[guid:g party:1 type:vedlegg]"},
		{"GET", apps, "/fts/saksmottak/api/v1/texts/nb", "definition map[]"},
		{"GET", apps, "/fts/saksmottak", "definition map[]"},
		{"GET", apps, "/", "definition map[]"},
		{"GET", "platform.tt02.altinn.no", "/storage/api/v1/instances/1/g/events", "process-look map[guid:g party:1]"},
		{"GET", "platform.tt02.altinn.no", "/authentication/api/v1/exchange/maskinporten", "exchange map[provider:maskinporten]"},
		{"TRACE", apps, "/fts/saksmottak/instances", " map[]"},
		{"GET", "elsewhere.test", "/", " map[]"},
		{"GET", "platform.tt02.altinn.no", "/storage/api/v1/instances/%zz", "instance-read map[guid:%zz]"},
	} {
		path, _, _ := strings.Cut(tc.target, "?")
		d := deedOf(timeline.Exchange{Method: tc.method, Host: tc.host, Target: tc.target, System: timeline.System(tc.host, path)})
		if got := d.key + " " + printed(d.values); got != tc.want {
			t.Errorf("%s %s%s is %s, not %s", tc.method, tc.host, tc.target, got, tc.want)
		}
	}
}

func printed(values map[string]string) string {
	var texts []string
	for _, name := range slices.Sorted(maps.Keys(values)) {
		texts = append(texts, name+":"+values[name])
	}
	return "map[" + strings.Join(texts, " ") + "]"
}
