package apphost

import (
	"math/big"
	"regexp"
	"strconv"
	"strings"
)

// decimalForm has the sign, the digits before and after the point, and the exponent.
var decimalForm = regexp.MustCompile(`^([+-]?)([0-9]*)(?:\.([0-9]*))?(?:[eE]([+-]?[0-9]{1,3}))?$`)

// decimalMax is the largest number that .NET's decimal holds.
var decimalMax = new(big.Int).Sub(new(big.Int).Lsh(big.NewInt(1), 96), big.NewInt(1))

// decimal reads a number as .NET reads its decimal, and writes it as .NET does:
// without plus, exponent or leading zeros, with as many digits after the point as
// it had. Digits that a decimal has no room for after the point are kept.
func decimal(text string, exponent bool) (string, bool) {
	parts := decimalForm.FindStringSubmatch(text)
	if parts == nil || parts[2]+parts[3] == "" || !exponent && parts[4] != "" {
		return "", false
	}
	sign, whole, fraction := parts[1], parts[2], parts[3]
	if parts[4] != "" {
		shift, err := strconv.Atoi(parts[4])
		if err != nil {
			return "", false
		}
		whole, fraction = shiftPoint(whole, fraction, shift)
	}
	if whole = strings.TrimLeft(whole, "0"); whole == "" {
		whole = "0"
	}
	if n, ok := new(big.Int).SetString(whole, 10); !ok || n.Cmp(decimalMax) > 0 {
		return "", false
	}
	if sign == "+" || strings.Trim(whole+fraction, "0") == "" {
		sign = ""
	}
	if fraction != "" {
		fraction = "." + fraction
	}
	return sign + whole + fraction, true
}

// shiftPoint moves the point to the right, or to the left where shift is negative.
func shiftPoint(whole, fraction string, shift int) (newWhole, newFraction string) {
	if shift < 0 {
		whole = strings.Repeat("0", -shift) + whole
		return whole[:len(whole)+shift], whole[len(whole)+shift:] + fraction
	}
	if missing := shift - len(fraction); missing > 0 {
		fraction += strings.Repeat("0", missing)
	}
	return whole + fraction[:shift], fraction[shift:]
}
