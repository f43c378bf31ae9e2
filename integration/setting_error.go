package integration

import (
	"errors"
	"fmt"

	"github.com/stafett/stafett/appsettings"
	"github.com/stafett/stafett/jwk"
)

// SettingError is a setting with which no token can be had.
type SettingError struct {
	Setting string             // the full path, such as "MaskinportenSettings:EncodedJwk"
	Origin  appsettings.Origin // where the value was set; zero when it is not set
	Err     error              // what is wrong; never quotes a secret

	remedy string
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

// Remedy says what to do about it, "" where the problem says that itself.
func (e *SettingError) Remedy() string {
	var format *jwk.FormatError
	if errors.As(e.Err, &format) {
		return format.Advice()
	}
	var remediable interface{ Remedy() string }
	if e.remedy == "" && errors.As(e.Err, &remediable) {
		return remediable.Remedy()
	}
	return e.remedy
}
