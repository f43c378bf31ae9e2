package register

import (
	"fmt"
	"math/rand/v2"
	"strconv"
	"time"
)

// Weights of the check digits, modulo 11 (Skatteetaten: fødselsnummer;
// Brønnøysundregistrene: organisasjonsnummer).
var (
	personWeights1 = [...]int{3, 7, 6, 1, 8, 9, 4, 5, 2}
	personWeights2 = [...]int{5, 4, 3, 2, 7, 6, 5, 4, 3, 2}
	orgWeights     = [...]int{3, 2, 7, 6, 5, 4, 3, 2}
)

// syntheticMonth is added to the month of birth in the numbers of Tenor, the
// tax administration's synthetic population.
const syntheticMonth = 80

// SyntheticPersonNumber makes a person number of Tenor's kind: the month of
// birth plus 80, both check digits valid. Nobody has such a number. The source
// is not used concurrently; the same source gives the same numbers.
func SyntheticPersonNumber(r *rand.Rand) string {
	for {
		born := time.Date(1940, 1, 1+r.IntN(60*365), 0, 0, 0, 0, time.UTC) // before 2000
		digits := fmt.Sprintf("%02d%02d%02d%03d",
			born.Day(), int(born.Month())+syntheticMonth, born.Year()%100, r.IntN(500))
		first := checkDigit(digits, personWeights1[:])
		if first == 10 {
			continue
		}
		digits += strconv.Itoa(first)
		second := checkDigit(digits, personWeights2[:])
		if second == 10 {
			continue
		}
		return digits + strconv.Itoa(second)
	}
}

// SyntheticOrganisationNumber makes an organisation number that begins with 3,
// where Tenor's lie, with a valid check digit. Unlike a person number it can
// collide with a real one.
func SyntheticOrganisationNumber(r *rand.Rand) string {
	for {
		digits := fmt.Sprintf("31%06d", r.IntN(1_000_000))
		if check := checkDigit(digits, orgWeights[:]); check != 10 {
			return digits + strconv.Itoa(check)
		}
	}
}

// ValidPersonNumber reports whether the text is eleven digits with valid check
// digits and a possible day and month. D numbers (day plus 40) and synthetic
// numbers (month plus 40, 65 or 80) are valid.
func ValidPersonNumber(number string) bool {
	if len(number) != 11 || !digitsOnly(number) {
		return false
	}
	day, month := twoDigits(number), twoDigits(number[2:])
	if day > 40 {
		day -= 40
	}
	if day < 1 || day > 31 || plainMonth(month) == 0 {
		return false
	}
	return checkDigit(number[:9], personWeights1[:]) == int(number[9]-'0') &&
		checkDigit(number[:10], personWeights2[:]) == int(number[10]-'0')
}

// IsSyntheticPersonNumber reports whether the text is a valid person number
// that nobody can have, since its month is raised.
func IsSyntheticPersonNumber(number string) bool {
	return ValidPersonNumber(number) && twoDigits(number[2:]) > 12
}

// ValidOrganisationNumber reports whether the text is nine digits with a valid
// check digit.
func ValidOrganisationNumber(number string) bool {
	return len(number) == 9 && digitsOnly(number) &&
		checkDigit(number[:8], orgWeights[:]) == int(number[8]-'0')
}

// plainMonth takes the mark of a synthetic number off a month; 0 means that it
// is no month.
func plainMonth(month int) int {
	for _, raised := range []int{0, 40, 65, syntheticMonth} {
		if m := month - raised; m >= 1 && m <= 12 {
			return m
		}
	}
	return 0
}

// checkDigit gives the modulo 11 check digit; 10 means that there is none.
func checkDigit(digits string, weights []int) int {
	sum := 0
	for i, w := range weights {
		sum += w * int(digits[i]-'0')
	}
	return (11 - sum%11) % 11
}

func digitsOnly(s string) bool {
	for _, c := range []byte(s) {
		if c < '0' || c > '9' {
			return false
		}
	}
	return true
}

func twoDigits(s string) int { return int(s[0]-'0')*10 + int(s[1]-'0') }
