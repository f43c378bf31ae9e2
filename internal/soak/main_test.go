//go:build !race

package soak_test

import (
	"os"
	"strconv"
	"testing"

	"github.com/stafett/stafett/internal/cli"
)

// asProgram, in the environment, makes this test binary be the program, so that
// it can be run as a process and be killed.
const asProgram = "STAFETT_SOAK_PROGRAM"

func TestMain(m *testing.M) {
	if os.Getenv(asProgram) != "" {
		_ = os.Unsetenv(asProgram)
		os.Exit(cli.Main(os.Args[1:], os.Environ()))
	}
	os.Exit(m.Run())
}

// formsIn is how many forms a test sends in: as many as it says, or as
// STAFETT_SOAK_FORMS says.
func formsIn(t testing.TB, usual int) int {
	t.Helper()
	text := os.Getenv("STAFETT_SOAK_FORMS")
	if text == "" {
		return usual
	}
	forms, err := strconv.Atoi(text)
	if err != nil || forms < 1 {
		t.Fatalf("STAFETT_SOAK_FORMS=%q is no number of forms", text)
	}
	return forms
}
