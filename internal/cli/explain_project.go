package cli

import (
	"errors"

	"github.com/stafett/stafett/app"
	"github.com/stafett/stafett/appsettings"
	"github.com/stafett/stafett/handover"
	"github.com/stafett/stafett/keyvault"
	"github.com/stafett/stafett/prepare"
	"github.com/stafett/stafett/prepare/rotate"
	"github.com/stafett/stafett/project"
)

// explainProject knows the faults of stafett.yaml, of the application folders
// and of their settings.
func explainProject(err error, told *explanation) bool {
	var (
		none       *noProjectError
		file       *project.Fault
		folder     *app.Fault
		definition *handover.Fault
		section    *appsettings.SectionError
		settings   *appsettings.FileError
	)
	switch {
	case errors.As(err, &none):
		told.code, told.hint = "NO-PROJECT", "name the file: --project FILE (the example's is examples/stafett.yaml), or write one: stafett init ORIGINAL RECEIVING"
	case errors.As(err, &file):
		told.code, told.hint = "PROJECT", "mend "+file.Path+"; what may stand in it: stafett help config"
	case errors.As(err, new(*noFolderError)):
		told.code = "NO-APPLICATION"
	case errors.As(err, new(*givenFolderError)):
		told.code, told.hint = "APPLICATION", "mend the files that are named, or name another folder"
	case errors.As(err, &folder):
		// Each fault says in its own text what to do about it.
		told.code, told.hint = "APPLICATION", "mend the files that are named, or the folder under applications in stafett.yaml"
	case errors.As(err, &definition):
		told.code, told.hint = "HANDOVER-DEFINITION", "mend the lines of stafett.yaml that are named, or the application that they do not fit"
	case errors.As(err, &section):
		told.code, told.hint = "SECTION", "set maskinporten.section in stafett.yaml to the section that appsettings.json has, or add the section there"
	case errors.As(err, &settings):
		told.code = "SETTINGS-FILE"
	default:
		return false
	}
	return true
}

// explainPlan knows why an application cannot be made ready as things are. What
// to do the errors say themselves.
func explainPlan(err error, told *explanation) bool {
	switch {
	case errors.As(err, new(*prepare.NameTakenError)):
		told.code = "NAME-TAKEN"
	case errors.As(err, new(*prepare.UnknownClientError)):
		told.code = "UNKNOWN-CLIENT"
	case errors.As(err, new(*prepare.UnfitError)):
		told.code = "INTEGRATION-UNFIT"
	case errors.As(err, new(*prepare.KeySetFullError)):
		told.code = "KEY-SET-FULL"
	case errors.As(err, new(*prepare.KeyIDTakenError)):
		told.code = "KEY-ID-TAKEN"
	case errors.As(err, new(*prepare.RegistrationError)):
		told.code = "REGISTRATION"
	case errors.As(err, new(*prepare.ProvisionedError)):
		told.code = "PROVISIONED"
	case errors.As(err, new(*keyvault.SettingNameError)):
		told.code = "SECTION-NAME"
	case errors.As(err, new(*prepare.StaleError)):
		told.code = "STALE-PLAN"
	default:
		return explainRotation(err, told)
	}
	return true
}

// explainRotation knows why a key cannot be replaced or renewed, and what waits for
// a person.
func explainRotation(err error, told *explanation) bool {
	switch {
	case errors.As(err, new(*rotate.AwaitError)):
		told.code, told.exit = "AWAITING", exitAwaiting
	case errors.Is(err, prepare.ErrStopped):
		told.code, told.exit, told.hint = "STOPPED", exitNeedsInput, "what is done stays; run the same command again to go on"
	case errors.As(err, new(*prepare.ClientIDError)):
		told.code, told.exit = "CLIENT-ID", exitUsage
	case errors.As(err, new(*rotate.RenewalError)):
		told.code = "NOT-RENEWED"
	case errors.As(err, new(*rotate.NotPreparedError)):
		told.code = "NOT-PREPARED"
	case errors.As(err, new(*rotate.NotRegisteredError)):
		told.code = "NOT-REGISTERED"
	case errors.As(err, new(*prepare.KeyIDOverrideError)):
		told.code = "KEY-ID-OVERRIDE"
	default:
		return false
	}
	return true
}
