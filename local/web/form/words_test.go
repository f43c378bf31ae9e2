package form

import (
	"reflect"
	"regexp"
	"slices"
	"testing"
)

// Each language has all words, with the same places to fill in.
func TestWordsAreComplete(t *testing.T) {
	t.Parallel()
	place := regexp.MustCompile(`\{[0-9]\}`)
	reference := reflect.ValueOf(wordsOf("nb"))
	for _, language := range []string{"nb", "nn", "en"} {
		w := reflect.ValueOf(wordsOf(language))
		for i := range w.NumField() {
			text, name := w.Field(i).String(), w.Type().Field(i).Name
			places, want := place.FindAllString(text, -1), place.FindAllString(reference.Field(i).String(), -1)
			slices.Sort(places)
			slices.Sort(want)
			if text == "" || !slices.Equal(places, want) {
				t.Errorf("%s, %s: %q", language, name, text)
			}
		}
	}
	if got := wordsOf("se").language; got != "nb" {
		t.Errorf("a language without words gives %s", got)
	}
}
