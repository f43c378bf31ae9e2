package expression

import (
	"fmt"
	"strings"
	"time"
)

// calendar holds the names of one language (Unicode CLDR).
type calendar struct {
	short              string
	months, monthsAbbr []string
	days, daysAbbr     []string
	am, pm             string
	era, eraLong       string
}

var calendars = map[string]*calendar{
	"nb": {
		short:      "dd.MM.yyyy",
		months:     strings.Fields("januar februar mars april mai juni juli august september oktober november desember"),
		monthsAbbr: strings.Fields("jan. feb. mars apr. mai juni juli aug. sep. okt. nov. des."),
		days:       strings.Fields("søndag mandag tirsdag onsdag torsdag fredag lørdag"),
		daysAbbr:   strings.Fields("søn man tir ons tor fre lør"),
		am:         "a.m.", pm: "p.m.", era: "e.Kr.", eraLong: "etter Kristus",
	},
	"nn": {
		short:      "dd.MM.yyyy",
		months:     strings.Fields("januar februar mars april mai juni juli august september oktober november desember"),
		monthsAbbr: strings.Fields("jan. feb. mars apr. mai juni juli aug. sep. okt. nov. des."),
		days:       strings.Fields("søndag måndag tysdag onsdag torsdag fredag laurdag"),
		daysAbbr:   strings.Fields("søn mån tys ons tor fre lau"),
		am:         "a.m.", pm: "p.m.", era: "e.Kr.", eraLong: "etter Kristus",
	},
	"en": {
		short:      "M/d/yy",
		months:     strings.Fields("January February March April May June July August September October November December"),
		monthsAbbr: strings.Fields("Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec"),
		days:       strings.Fields("Sunday Monday Tuesday Wednesday Thursday Friday Saturday"),
		daysAbbr:   strings.Fields("Sun Mon Tue Wed Thu Fri Sat"),
		am:         "AM", pm: "PM", era: "AD", eraLong: "Anno Domini",
	},
}

// field writes one token of a format, a run of one letter. What is no letter
// is written as it is; false means a letter that is not supported.
func (c *calendar) field(t time.Time, token string) (string, bool) {
	padded := func(n int) string { return fmt.Sprintf("%0*d", len(token), n) }
	hour12 := (t.Hour()+11)%12 + 1
	switch token {
	case "G", "GG", "GGG":
		return c.era, true
	case "GGGG":
		return c.eraLong, true
	case "yy", "uu":
		return fmt.Sprintf("%02d", t.Year()%100), true
	case "y", "yyy", "yyyy", "u", "uuu", "uuuu":
		return padded(t.Year()), true
	case "M", "MM":
		return padded(int(t.Month())), true
	case "MMM":
		return c.monthsAbbr[t.Month()-1], true
	case "MMMM":
		return c.months[t.Month()-1], true
	case "d", "dd":
		return padded(t.Day()), true
	case "E", "EE", "EEE":
		return c.daysAbbr[t.Weekday()], true
	case "EEEE":
		return c.days[t.Weekday()], true
	case "EEEEE":
		return strings.ToUpper(initial(c.days[t.Weekday()])), true
	case "a":
		if t.Hour() < 12 {
			return c.am, true
		}
		return c.pm, true
	case "h", "hh":
		return padded(hour12), true
	case "H", "HH":
		return padded(t.Hour()), true
	case "m", "mm":
		return padded(t.Minute()), true
	case "s", "ss":
		return padded(t.Second()), true
	case "S", "SS", "SSS":
		return fmt.Sprintf("%09d", t.Nanosecond())[:len(token)], true
	}
	letter := token[0]|0x20 >= 'a' && token[0]|0x20 <= 'z'
	return token, !letter
}

func initial(s string) string {
	for _, r := range s {
		return string(r)
	}
	return ""
}
