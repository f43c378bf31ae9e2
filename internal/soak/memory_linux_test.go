//go:build !race

package soak_test

import (
	"fmt"
	"os"
	"strings"
	"testing"
)

// peakMemory is the most memory that a service has had in use, in MiB: VmHWM of
// proc(5).
func (s *service) peakMemory(t testing.TB) float64 {
	t.Helper()
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", s.cmd.Process.Pid))
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(status)) {
		var kilobytes float64
		if _, err := fmt.Sscanf(line, "VmHWM: %f kB", &kilobytes); err == nil {
			return kilobytes / 1024
		}
	}
	t.Fatal("the system does not tell how much memory a process uses")
	return 0
}
