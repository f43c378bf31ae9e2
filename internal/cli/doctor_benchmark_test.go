package cli

import "testing"

// BenchmarkDoctor is a whole run on the local platform, where all is well. It is
// to take less than a second.
func BenchmarkDoctor(b *testing.B) {
	c := newClinic(b)
	for b.Loop() {
		if code, stdout, stderr := c.run(b.Context(), "doctor"); code != exitOK {
			b.Fatalf("doctor ends with %d\n%s%s", code, stdout, stderr)
		}
	}
}
