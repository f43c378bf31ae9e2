package integration

import (
	"errors"
	"fmt"

	"github.com/stafett/stafett/appsettings"
)

// SettingError is a setting with which no token can be had.
type SettingError struct {
	Setting string             // the full path, such as "MaskinportenSettings:EncodedJwk"
	Origin  appsettings.Origin // where the value was set; zero when it is not set
	Err     error              // what is wrong; never quotes a secret

	remedy string // where Err has none of its own
}

// Error names the setting, its origin and the problem.
func (e *SettingError) Error() string {
	if e.Origin.Source == "" {
		return e.Setting + ": " + e.Err.Error()
	}
	return fmt.Sprintf("%s (%s): %s", e.Setting, e.Origin, e.Err)
}

// Unwrap returns Err.
func (e *SettingError) Unwrap() error { return e.Err }

// Remedy says what to do about it: what Err says, if it does. It is never empty.
func (e *SettingError) Remedy() string {
	var remediable interface{ Remedy() string }
	if errors.As(e.Err, &remediable) {
		return remediable.Remedy()
	}
	return e.remedy
}

// Faults returns each [*SettingError] that err is, wraps or joins, in the order
// in which err tells them. With [errors.As] a caller finds the first one only.
func Faults(err error) []*SettingError {
	switch e := err.(type) { //nolint:errorlint // it goes through the tree by itself
	case *SettingError:
		return []*SettingError{e}
	case interface{ Unwrap() error }:
		return Faults(e.Unwrap())
	case interface{ Unwrap() []error }:
		var all []*SettingError
		for _, one := range e.Unwrap() {
			all = append(all, Faults(one)...)
		}
		return all
	}
	return nil
}
