package deploylint_test

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// analyze runs systemd-analyze on the unit, with the drop-in file if wanted,
// and returns what it says.
func analyze(t *testing.T, unit []byte, dropIn bool, args ...string) string {
	t.Helper()
	// The program need not be installed where the check runs.
	installed := func(text []byte) []byte {
		return bytes.ReplaceAll(text, []byte("/usr/local/bin/stafett"), []byte("/bin/true"))
	}
	folder := t.TempDir()
	path := filepath.Join(folder, "stafett.service")
	if err := os.WriteFile(path, installed(unit), 0o600); err != nil {
		t.Fatal(err)
	}
	if dropIn {
		if err := os.Mkdir(path+".d", 0o700); err != nil {
			t.Fatal(err)
		}
		text := installed(read(t, deploy("systemd", "postgresql.conf")))
		if err := os.WriteFile(filepath.Join(path+".d", "postgresql.conf"), text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	cmd := exec.CommandContext(t.Context(), "systemd-analyze", append(args, path)...)
	cmd.Env = append(os.Environ(), "SYSTEMD_UNIT_PATH="+folder+":")
	out, err := cmd.CombinedOutput()
	if err != nil && len(out) == 0 {
		t.Fatal(err)
	}
	return string(out)
}

func TestUnit(t *testing.T) {
	t.Parallel()
	if _, err := exec.LookPath("systemd-analyze"); err != nil {
		if os.Getenv("STAFETT_NO_SKIP") != "" {
			t.Fatal(err)
		}
		t.Skip("systemd-analyze is not here")
	}
	unit := read(t, deploy("systemd", "stafett.service"))
	verify := []string{"verify", "--man=no"}
	if said := analyze(t, unit, false, verify...); said != "" {
		t.Error(said)
	}
	if said := analyze(t, unit, true, verify...); said != "" {
		t.Errorf("with the drop-in file: %s", said)
	}
	// The check itself must be able to fail.
	if analyze(t, bytes.ReplaceAll(unit, []byte("ProtectHome=yes"), []byte("ProtectHouse=yes")), false, verify...) == "" {
		t.Error("a misspelt setting is not found")
	}
	// Exposure is told in tenths, from 0 to 100; a service without hardening has more than 90.
	cmd := exec.CommandContext(t.Context(), "systemd-analyze", "security", "--offline=yes", "--threshold=15", "--no-pager", deploy("systemd", "stafett.service"))
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}
