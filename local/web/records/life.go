package records

import "time"

// Life tells how much is left of the life of a key or a secret.
type Life struct {
	Expires time.Time // zero for what does not expire
	// Days are those that are left, the one that has begun included; 0 for what
	// has expired.
	Days int
	// Level is how urgent it is: "never", "ok", then "soon", "month", "week" and
	// "day" from 60, 30, 7 and 1 days before the end, and "expired".
	Level string
	// Color is that of Designsystemet which goes with it.
	Color string
}

const dayLong = 24 * time.Hour

// reminders are how many days before the end there is something to say.
var reminders = []struct {
	days         int
	level, color string
}{
	{1, "day", "danger"}, {7, "week", "danger"}, {30, "month", "warning"}, {60, "soon", "info"},
}

func lifeOf(expires, now time.Time) Life {
	left := expires.Sub(now)
	switch {
	case expires.IsZero():
		return Life{Level: "never", Color: "neutral"}
	case left <= 0:
		return Life{Expires: expires, Level: "expired", Color: "danger"}
	}
	life := Life{Expires: expires, Days: int((left + dayLong - 1) / dayLong), Level: "ok", Color: "success"}
	for _, reminder := range reminders {
		if life.Days <= reminder.days {
			life.Level, life.Color = reminder.level, reminder.color
			break
		}
	}
	return life
}
