package form

import (
	"regexp"
	"strconv"
	"strings"
)

// wrongForm says how to write a text that does not have the form of its field's
// pattern: what is to be changed of it, or else what the application says of the
// field. People are never shown the pattern.
func (l *look) wrongForm(k control, text string) (pattern, limit string) {
	if re, err := regexp.Compile(k.field.Pattern); err == nil && k.field.Pattern != "" {
		if sentence, limit := l.amended(re, text); sentence != "" {
			return sentence, limit
		}
	}
	for _, binding := range []string{"description", "help"} {
		if says := l.markdown.plain(l.text(k.component, binding, k.rows)); says != "" && k.part == "" {
			return l.words.malformedSays, says
		}
	}
	if k.field.Description != "" {
		return l.words.malformedSays, k.field.Description
	}
	return l.words.malformed, ""
}

// amended finds the usual case by trying: letters of the other size, no spaces,
// a number of digits, an e-mail address.
func (l *look) amended(re *regexp.Regexp, text string) (pattern, limit string) {
	w, packed := l.words, strings.Join(strings.Fields(text), "")
	for _, try := range []struct{ text, sentence string }{
		{strings.ToUpper(text), w.capitals},
		{strings.ToLower(text), w.smallLetters},
		{packed, w.noSpaces},
		{strings.ToUpper(packed), w.packedCapitals},
	} {
		if re.MatchString(try.text) {
			return try.sentence, ""
		}
	}
	if re.MatchString("navn@example.com") && !re.MatchString("navnexamplecom") {
		return w.notEmail, ""
	}
	// Digits that are as many as they should be are wrong in another way.
	if numbers := digits(re); numbers != "" && (!isDigits(text) || !re.MatchString(strings.Repeat("1", len(text)))) {
		return w.digits, numbers
	}
	return "", ""
}

// maxTried is the longest number that is tried.
const maxTried = 24

// digits tells of how many digits a pattern's texts are: "4", or "8–16". It is
// empty where it takes other letters too, or does not say how many.
func digits(re *regexp.Regexp) string {
	first, last := 0, 0
	for n := 2; n <= maxTried; n++ {
		switch {
		case !re.MatchString(strings.Repeat("1", n)):
			continue
		case re.MatchString(strings.Repeat("a", n)) || last > 0 && last != n-1:
			return ""
		case first == 0:
			first = n
		}
		last = n
	}
	switch {
	case first == 0 || last == maxTried:
		return ""
	case first == last:
		return strconv.Itoa(first)
	}
	return strconv.Itoa(first) + "–" + strconv.Itoa(last)
}

func isDigits(text string) bool {
	return strings.Trim(text, "0123456789") == ""
}
