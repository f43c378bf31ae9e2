package rotate

import "time"

const day = 24 * time.Hour

// lifetime is how long Digdir keeps a key from when it was posted.
func lifetime(from time.Time) time.Time { return from.AddDate(1, 0, 0) }

// KeyStatus is the key that is read from the vault, and how long it lasts.
type KeyStatus struct {
	KeyID      string
	Thumbprint string // RFC 7638
	// Expires is when Maskinporten stops accepting it. It is the registered end, or
	// the date on the secret where the key set cannot be read; zero when neither is
	// known.
	Expires time.Time
	// DaysLeft is counted in days that have begun: 1 on the last day, 0 or less
	// when it is over.
	DaysLeft int
	// Alert is the least of 60, 30, 7 and 1 days that the key is within, 0 when it
	// has expired or is not registered, and -1 when it lasts longer or its end is not
	// known.
	Alert int
}

// statusOf works out the days.
func statusOf(keyID, thumbprint string, expires, now time.Time) KeyStatus {
	status := KeyStatus{KeyID: keyID, Thumbprint: thumbprint, Expires: expires, Alert: -1}
	if expires.IsZero() {
		return status
	}
	left := expires.Sub(now)
	status.DaysLeft = int(left / day)
	if left > 0 && left%day > 0 {
		status.DaysLeft++
	}
	for _, days := range []int{60, 30, 7, 1, 0} {
		if left <= time.Duration(days)*day {
			status.Alert = days
		}
	}
	return status
}
