package cli

import (
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"
)

type versionDocument struct {
	Schema  string `json:"schema"`
	Version string `json:"version"`
	Commit  string `json:"commit,omitempty"`
	Date    string `json:"date,omitempty"`
	Go      string `json:"go"`
}

func newVersion(s *session) *cobra.Command {
	return &cobra.Command{
		Use: "version", Short: "The version, its commit and the Go it was built with", Args: noArgs,
		Long: "It asks nobody: Stafett never looks for newer versions.",
		Example: `  stafett version
  stafett version --json                # with commit and date
  stafett version --json | jq -r .go`,
		Annotations: exits("0."),
		RunE: func(*cobra.Command, []string) error {
			document := readVersion()
			if s.json {
				return s.printJSON(document)
			}
			s.streams.Out.Printf("stafett %s (%s)\n", document.Version, document.Go)
			return nil
		},
	}
}

func readVersion() versionDocument {
	document := versionDocument{Schema: "stafett/version/v1", Version: "(unknown)", Go: runtime.Version()}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return document
	}
	document.Version = info.Main.Version
	for _, setting := range info.Settings {
		switch setting.Key {
		case "vcs.revision":
			document.Commit = setting.Value
		case "vcs.time":
			document.Date = setting.Value
		}
	}
	return document
}
