package frame

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// words are texts by language and key.
type words map[string]map[string]string

var place = regexp.MustCompile(`\{(\d+)\}`)

// readWords reads words.{language}.json for every language, and refuses keys and
// places that not all of them have.
func readWords(files fs.FS) (words, error) {
	all := make(words)
	for _, language := range languages {
		name := "words." + language + ".json"
		data, err := fs.ReadFile(files, name)
		if err != nil {
			return nil, fmt.Errorf("read words: %w", err)
		}
		var texts map[string]string
		if err := json.Unmarshal(data, &texts); err != nil {
			return nil, fmt.Errorf("read words: %s: %w", name, err)
		}
		all[language] = texts
	}
	var errs []error
	first := all[languages[0]]
	for _, language := range languages[1:] {
		for _, key := range slices.Sorted(maps.Keys(all[language])) {
			if _, ok := first[key]; !ok {
				errs = append(errs, fmt.Errorf("the word %q is in words.%s.json only", key, language))
			}
		}
		for _, key := range slices.Sorted(maps.Keys(first)) {
			text, ok := all[language][key]
			if !ok {
				errs = append(errs, fmt.Errorf("words.%s.json lacks the word %q", language, key))
			} else if !slices.Equal(places(text), places(first[key])) {
				errs = append(errs, fmt.Errorf("words.%s.json has other places in %q than words.%s.json", language, key, languages[0]))
			}
		}
	}
	return all, errors.Join(errs...)
}

// places lists the numbers of a text's places, each once.
func places(text string) []string {
	found := place.FindAllString(text, -1)
	slices.Sort(found)
	return slices.Compact(found)
}

func (w words) get(language, key string, args []any) (string, bool) {
	text, ok := w[language][key]
	if !ok {
		return "", false
	}
	return fill(text, args), true
}

// fill puts values into a text's places. What a value holds is never a place
// itself.
func fill(text string, args []any) string {
	if len(args) == 0 || !strings.Contains(text, "{") {
		return text
	}
	return place.ReplaceAllStringFunc(text, func(found string) string {
		n, err := strconv.Atoi(found[1 : len(found)-1])
		if err != nil || n >= len(args) {
			return found
		}
		return fmt.Sprint(args[n])
	})
}
