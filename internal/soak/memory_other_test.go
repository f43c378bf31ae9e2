//go:build !linux && !race

package soak_test

import "testing"

// peakMemory skips: only Linux tells of another process what it needs here.
func (s *service) peakMemory(t testing.TB) float64 {
	t.Helper()
	t.Skip("how much memory another process uses is read on Linux only")
	return 0
}
