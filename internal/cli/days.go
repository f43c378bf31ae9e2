package cli

import (
	"errors"
	"strconv"
	"strings"
	"time"
)

// daysValue is a flag for a length of time that may be in days: "30d", "36h",
// "90s". It implements pflag.Value. None at all is not taken: as a condition it
// would be none, and what it was to hold back would be done at once.
type daysValue time.Duration

func (d *daysValue) String() string {
	switch length := time.Duration(*d); {
	case length == 0:
		return ""
	case length%(24*time.Hour) == 0:
		return strconv.FormatInt(int64(length/(24*time.Hour)), 10) + "d"
	default:
		return length.String()
	}
}

func (d *daysValue) Set(text string) error {
	var length time.Duration
	days, isDays := strings.CutSuffix(text, "d")
	if isDays {
		n, err := strconv.ParseUint(days, 10, 16)
		if err != nil {
			return errLength
		}
		length = time.Duration(n) * 24 * time.Hour
	} else {
		var err error
		if length, err = time.ParseDuration(text); err != nil {
			return errLength
		}
	}
	if length <= 0 {
		return errLength
	}
	*d = daysValue(length)
	return nil
}

var errLength = errors.New("want a length of time such as 30d or 36h")

func (*daysValue) Type() string { return "AGE" }
