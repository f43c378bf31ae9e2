package form

import (
	"encoding/json"
	"regexp"
	"strconv"
	"strings"
	"unicode"
)

// formatting is how an input writes its value.
type formatting struct {
	Number   numberFormat `json:"number"`
	Currency string       `json:"currency"`
	Unit     string       `json:"unit"`
	Position string       `json:"position"` // prefix or suffix, of the currency or unit
}

// numberFormat is formatting.number: of a number, or, with a pattern, of a text
// of digits such as an account number.
type numberFormat struct {
	Pattern           string `json:"format"`            // "#### ## #####"
	ThousandSeparator any    `json:"thousandSeparator"` // true or a text
	DecimalScale      *int   `json:"decimalScale"`
	AllowNegative     *bool  `json:"allowNegative"` // nil means true
	Prefix            string `json:"prefix"`
	Suffix            string `json:"suffix"`
}

// isSet reports whether the value is written as a number.
func (f formatting) isSet() bool {
	n := f.Number
	return f.Currency != "" || f.Unit != "" || n.Pattern == "" &&
		(n.ThousandSeparator != nil || n.DecimalScale != nil || n.AllowNegative != nil || n.Prefix != "" || n.Suffix != "")
}

// units are the ways in which units and currencies are written.
var units = map[string]string{
	"NOK": "kr", "celsius": "°C", "centimeter": "cm", "degree": "°", "gram": "g", "hectare": "ha", "kilogram": "kg",
	"kilometer": "km", "liter": "l", "meter": "m", "milliliter": "ml", "millimeter": "mm", "percent": "%",
}

// around returns what is written before and after the number.
func (f formatting) around() (prefix, suffix string) {
	prefix, suffix = strings.TrimSpace(f.Number.Prefix), strings.TrimSpace(f.Number.Suffix)
	unit := f.Unit
	if f.Currency != "" {
		unit = f.Currency
	}
	if short, ok := units[unit]; ok {
		unit = short
	}
	switch {
	case unit == "" || prefix != "" || suffix != "":
	case f.Position == "suffix":
		suffix = unit
	default:
		prefix = unit
	}
	return prefix, suffix
}

// thousands is what stands between groups of three digits; empty if nothing.
func (f formatting) thousands(w words) string {
	switch separator := f.Number.ThousandSeparator.(type) {
	case bool:
		if separator && w.decimal == "." {
			return ","
		}
		if separator {
			return noBreak
		}
	case string:
		if separator == w.decimal || separator == "" {
			return ""
		}
		if separator == " " {
			return noBreak
		}
		return separator
	}
	if f.Currency != "" || f.Unit != "" {
		return noBreak
	}
	return ""
}

const noBreak = "\u00a0" // a space at which no line is broken

// numeral is a number as data hold it, without an exponent.
var numeral = regexp.MustCompile(`^(-?)0*([0-9]+)(?:\.([0-9]+))?$`)

// plainNumber writes a number of the data in one way: no exponent, no needless
// zeros. False means that it is none.
func plainNumber(n string) (string, bool) {
	if strings.ContainsAny(n, "eE") {
		f, err := strconv.ParseFloat(n, 64)
		if err != nil {
			return "", false
		}
		n = strconv.FormatFloat(f, 'f', -1, 64)
	}
	parts := numeral.FindStringSubmatch(n)
	if parts == nil {
		return "", false
	}
	sign, whole, fraction := parts[1], parts[2], strings.TrimRight(parts[3], "0")
	if fraction != "" {
		return sign + whole + "." + fraction, true
	}
	if whole == "0" {
		sign = ""
	}
	return sign + whole, true
}

// numberText writes a number of the data as people do. What is none is written
// as it is.
func numberText(n, thousands string, w words) string {
	plain, ok := plainNumber(n)
	if !ok {
		return n
	}
	digits, negative := strings.CutPrefix(plain, "-")
	whole, fraction, _ := strings.Cut(digits, ".")
	if thousands != "" {
		for i := len(whole) - 3; i > 0; i -= 3 {
			whole = whole[:i] + thousands + whole[i:]
		}
	}
	if fraction != "" {
		whole += w.decimal + fraction
	}
	if negative {
		return "-" + whole
	}
	return whole
}

// maxDigits bounds a number that is typed: .NET's decimal has 28 digits.
const maxDigits = 28

// The ways in which numbers are typed, without spaces.
var (
	oneSeparator = regexp.MustCompile(`^(-?)([0-9]*)[.,]([0-9]+)$`)
	noSeparator  = regexp.MustCompile(`^-?[0-9]+$`)
	inThousands  = regexp.MustCompile(`^-?[0-9]{1,3}((\.[0-9]{3}){2,}|(,[0-9]{3}){2,})$`)
	inBoth       = regexp.MustCompile(`^-?[0-9]{1,3}((\.[0-9]{3})+,|(,[0-9]{3})+\.)[0-9]+$`)
)

// readNumber reads a number as people write it: spaces and other separators
// between thousands, comma or point before decimals. It answers the number as
// data hold it, or the sentence that says what is wrong.
func readNumber(typed string, whole bool, w words) (number, problem string, args []string) {
	wrong := w.notNumber
	if whole {
		wrong = w.notWhole
	}
	text := strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r) || r == '\'' || r == '’':
			return -1
		case r == '−' || r == '–':
			return '-'
		}
		return r
	}, typed)
	number, other := separate(text, whole, w)
	if other != "" {
		return "", w.ambiguous, []string{numberText(number, noBreak, w), numberText(other, noBreak, w)}
	}
	plain, ok := plainNumber(number)
	switch {
	case !ok || len(strings.Trim(plain, "-.")) > maxDigits:
		return "", wrong, nil
	case whole && strings.Contains(plain, "."):
		return "", w.notWhole, nil
	}
	return plain, "", nil
}

// separate finds out what is a decimal separator. Where that cannot be known it
// answers both readings; for what is no number, nothing.
func separate(text string, whole bool, w words) (number, other string) {
	joined := strings.NewReplacer(",", "", ".", "").Replace(text)
	switch {
	case noSeparator.MatchString(text):
		return text, ""
	case inThousands.MatchString(text):
		return joined, ""
	case inBoth.MatchString(text):
		last := len(joined) - len(text) + strings.LastIndexAny(text, ",.") + 1
		return joined[:last] + "." + joined[last:], ""
	}
	parts := oneSeparator.FindStringSubmatch(text)
	if parts == nil {
		return "", ""
	}
	sign, before, after := parts[1], parts[2], parts[3]
	decimal := sign + "0" + before + "." + after
	separator := text[len(sign)+len(before)]
	mayBeThousands := len(after) == 3 && len(before) <= 3 && strings.Trim(before, "0") != ""
	switch {
	case string(separator) == w.decimal || !mayBeThousands:
		return decimal, ""
	case whole:
		return joined, ""
	}
	return decimal, joined
}

// sameNumber compares two numbers of the data by value.
func sameNumber(a, b json.Number) bool {
	x, okX := plainNumber(a.String())
	y, okY := plainNumber(b.String())
	return okX && okY && x == y
}
