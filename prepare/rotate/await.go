package rotate

import (
	"fmt"
	"strings"
	"time"
)

// Awaited is somebody who may still sign with the key that was replaced.
type Awaited struct {
	Reader
	// Since is when the new key was published; zero before that.
	Since time.Time
	// Until is when it has surely been read; zero when only somebody who knows can
	// say so.
	Until time.Time
	// Secret is set when it is not a reader of this section at all, but another
	// secret of the vault that holds the same key. That section has to be rotated
	// too.
	Secret string
}

// String is a clause that says what is waited for.
func (a Awaited) String() string {
	switch {
	case a.Secret != "":
		return fmt.Sprintf("the secret %s holds the same key", a.Secret)
	case a.Rereads > 0 && a.Until.IsZero():
		return fmt.Sprintf("%s reads the secrets every %s", a.Name, interval(a.Rereads))
	case a.Rereads > 0:
		return fmt.Sprintf("%s reads the secrets every %s, and has surely done so by %s", a.Name, interval(a.Rereads), a.Until.UTC().Format(time.RFC3339))
	case a.Since.IsZero():
		return fmt.Sprintf("%s reads the secrets when it starts", a.Name)
	}
	return fmt.Sprintf("%s reads the secrets when it starts, and must be started after %s", a.Name, a.Since.UTC().Format(time.RFC3339))
}

// AwaitError says that the new key is in use, and that the old one stays
// registered, since somebody may still sign with it. Nothing is wrong.
type AwaitError struct {
	ClientID string
	KeyIDs   []string // of the keys that stay for now
	Awaited  []Awaited
}

// Error names the key and all who are waited for.
func (e *AwaitError) Error() string {
	var who []string
	for _, one := range e.Awaited {
		who = append(who, one.String())
	}
	return fmt.Sprintf("key %s stays on integration %s for now: %s", strings.Join(e.KeyIDs, " and "), e.ClientID, strings.Join(who, "; "))
}

// Remedy says how the rotation is ended.
func (e *AwaitError) Remedy() string {
	var steps, restart []string
	var latest time.Time
	for _, one := range e.Awaited {
		switch {
		case one.Secret != "":
			steps = append(steps, "rotate the key of the section that "+one.Secret+" belongs to")
		case !one.Until.IsZero():
			latest = later(latest, one.Until)
		default:
			restart = append(restart, one.Name)
		}
	}
	again := "run: stafett rotate"
	if len(restart) > 0 {
		steps, again = append(steps, "deploy or restart "+strings.Join(restart, " and ")), again+" --finish"
	}
	if !latest.IsZero() {
		again = fmt.Sprintf("after %s, %s", latest.UTC().Format(time.RFC3339), again)
	}
	return strings.Join(append(steps, again), "; then ")
}

// interval is a length of time without its empty parts: 5m, not 5m0s.
func interval(d time.Duration) string {
	text := d.String()
	if d%time.Minute == 0 {
		text = strings.TrimSuffix(text, "0s")
	}
	if d%time.Hour == 0 {
		text = strings.TrimSuffix(text, "0m")
	}
	return text
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

// awaited lists who may still sign with a key that was replaced at since. A reader
// that reads again is given two intervals, so that one of its readings may fail.
func (t Target) awaited(since, now time.Time, finish bool) []Awaited {
	var all []Awaited
	for _, reader := range t.readers() {
		one := Awaited{Reader: reader, Since: since}
		switch {
		case reader.Rereads == 0 && finish:
			continue
		case reader.Rereads > 0 && !since.IsZero():
			one.Until = since.Add(2*reader.Rereads + t.margin())
			if !now.Before(one.Until) {
				continue
			}
		}
		all = append(all, one)
	}
	return all
}
