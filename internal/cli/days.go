package cli

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// daysValue is a flag for a length of time that may be in days: "30d", "36h",
// "90s". It implements pflag.Value.
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
			return fmt.Errorf("want a length of time such as 30d or 36h")
		}
		length = time.Duration(n) * 24 * time.Hour
	} else {
		var err error
		if length, err = time.ParseDuration(text); err != nil || length < 0 {
			return fmt.Errorf("want a length of time such as 30d or 36h")
		}
	}
	*d = daysValue(length)
	return nil
}

func (*daysValue) Type() string { return "AGE" }
