// Package examples holds two application folders in the layout that Altinn
// Studio writes, the stafett.yaml that joins them, and a filled-in form.
//
// The case is made up, and so is the agency: Ferdselstilsynet (fts) takes
// applications for exemption for driving on bare ground. A person fills in
// original-form (fts/barmarkskjoring); what they sent in becomes a case in
// receiving-app (fts/saksmottak). No person, address or vehicle in it is real.
//
// The files are compiled in, so that `stafett demo` needs no checkout.
package examples

import (
	"embed"
	"fmt"
	"io/fs"
	"os"
)

//go:embed original-form receiving-app data stafett.yaml
var files embed.FS

// The paths inside [Files].
const (
	OriginalForm = "original-form"    // application folder of fts/barmarkskjoring
	ReceivingApp = "receiving-app"    // application folder of fts/saksmottak
	ProjectFile  = "stafett.yaml"     // joins the two
	FormData     = "data/soknad.json" // a filled-in form: JSON in the shape of the model skjema
	Map          = "data/kart.png"    // an attachment for the data type kart: a PNG below 5 KB
)

// Files returns the examples, read-only, with forward slashes in all paths.
func Files() fs.FS { return files }

// WriteTo copies the examples into the folder dir, which is made when it is
// missing. It replaces nothing: a file that is there already is an error that
// satisfies errors.Is(err, [fs.ErrExist]), and what was copied before it stays.
func WriteTo(dir string) error {
	if err := os.CopyFS(dir, files); err != nil {
		return fmt.Errorf("write examples: %w", err)
	}
	return nil
}
