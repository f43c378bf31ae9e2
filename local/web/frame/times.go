package frame

import (
	"fmt"
	"strconv"
	"strings"
	"time"
	_ "time/tzdata" // so that pages show the same time on any machine
)

var monthNames = map[string][]string{
	"nb": {"januar", "februar", "mars", "april", "mai", "juni", "juli", "august", "september", "oktober", "november", "desember"},
	"nn": {"januar", "februar", "mars", "april", "mai", "juni", "juli", "august", "september", "oktober", "november", "desember"},
	"en": {"January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"},
}

func norway() *time.Location {
	zone, err := time.LoadLocation("Europe/Oslo")
	if err != nil {
		panic(err) // the zones are part of the program
	}
	return zone
}

// day writes a date as people in Norway read it: "3. mars 2026".
func day(language string, t time.Time, zone *time.Location) string {
	t = t.In(zone)
	dot := "."
	if language == "en" {
		dot = ""
	}
	return fmt.Sprintf("%d%s %s %d", t.Day(), dot, monthNames[language][t.Month()-1], t.Year())
}

// when writes a date with the time of day: "3. mars 2026 kl. 14:05".
func when(language string, t time.Time, zone *time.Location) string {
	between := " kl. "
	if language == "en" {
		between = " at "
	}
	return day(language, t, zone) + between + t.In(zone).Format("15:04")
}

// size writes a number of bytes in the largest unit that leaves it above one. Each
// unit is 1024 of the one before, as in the limits that Altinn's applications name in
// MB.
func size(language string, n int64) string {
	units := []string{"byte", "kB", "MB", "GB"}
	value, unit := float64(n), 0
	for value >= 1024 && unit < len(units)-1 {
		value /= 1024
		unit++
	}
	decimals := 0
	if unit > 0 && value < 10 {
		decimals = 1
	}
	text := strings.TrimSuffix(strconv.FormatFloat(value, 'f', decimals, 64), ".0")
	if language != "en" {
		text = strings.Replace(text, ".", ",", 1)
	}
	if unit == 0 && language == "en" && n != 1 {
		return text + " bytes"
	}
	return text + " " + units[unit]
}
