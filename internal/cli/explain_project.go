package cli

import (
	"errors"

	"github.com/stafett/stafett/app"
	"github.com/stafett/stafett/appsettings"
	"github.com/stafett/stafett/handover"
	"github.com/stafett/stafett/keyvault"
	"github.com/stafett/stafett/prepare"
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
		told.code, told.hint = "NO-PROJECT", "name the file: --project FILE (the example's is examples/stafett.yaml)"
	case errors.As(err, &file):
		told.code, told.hint = "PROJECT", "mend "+file.Path+"; what may stand in it: stafett help config"
	case errors.As(err, new(*noFolderError)):
		told.code = "NO-APPLICATION"
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
	case errors.As(err, new(*prepare.ProvisionedError)):
		told.code = "PROVISIONED"
	case errors.As(err, new(*keyvault.SettingNameError)):
		told.code = "SECTION-NAME"
	case errors.As(err, new(*prepare.StaleError)):
		told.code = "STALE-PLAN"
	default:
		return false
	}
	return true
}
