package main_test

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"
)

// The benchmarks run the program as a person does, from a built binary.

func build(b *testing.B) string {
	b.Helper()
	binary := filepath.Join(b.TempDir(), "stafett")
	if runtime.GOOS == "windows" {
		binary += ".exe"
	}
	command := exec.CommandContext(b.Context(), "go", "build", "-trimpath", "-ldflags=-s -w", "-o", binary, ".")
	command.Env = append(os.Environ(), "CGO_ENABLED=0")
	if output, err := command.CombinedOutput(); err != nil {
		b.Fatalf("build: %v\n%s", err, output)
	}
	return binary
}

// BenchmarkDemo is the wall time of the whole story.
func BenchmarkDemo(b *testing.B) {
	binary := build(b)
	b.ResetTimer()
	for b.Loop() {
		if output, err := exec.CommandContext(b.Context(), binary, "demo", "--json").CombinedOutput(); err != nil {
			b.Fatalf("demo: %v\n%s", err, output)
		}
	}
}

// BenchmarkLocalUp is the time to the ready line, and the memory that is
// resident then (Linux only).
func BenchmarkLocalUp(b *testing.B) {
	binary := build(b)
	var memory int64
	b.ResetTimer()
	for b.Loop() {
		resident, stop := localUp(b, binary)
		b.StopTimer()
		memory += resident
		stop()
		b.StartTimer()
	}
	if memory > 0 {
		b.ReportMetric(float64(memory)/float64(b.N)/1024, "MiB-resident")
	}
}

// localUp starts the platform, waits for its ready line and returns the resident
// memory in KiB.
func localUp(b *testing.B, binary string) (resident int64, stop func()) {
	b.Helper()
	command := exec.CommandContext(b.Context(), binary, "local", "up", "--json")
	command.Env = append(os.Environ(), "STAFETT_STATE_DIR="+b.TempDir())
	command.WaitDelay = 10 * time.Second
	var complaints bytes.Buffer
	command.Stderr = &complaints
	output, err := command.StdoutPipe()
	if err != nil {
		b.Fatal(err)
	}
	if err := command.Start(); err != nil {
		b.Fatal(err)
	}
	if _, err := bufio.NewReader(output).ReadString('\n'); err != nil {
		b.Fatalf("no ready line: %v\n%s", err, &complaints)
	}
	return residentMemory(command.Process.Pid), func() {
		_ = command.Process.Signal(os.Interrupt)
		_, _ = io.Copy(io.Discard, output)
		if err := command.Wait(); err != nil {
			b.Fatalf("local up after an interrupt: %v\n%s", err, &complaints)
		}
	}
}

// residentMemory reads a process's VmRSS in KiB; 0 where there is no /proc.
func residentMemory(pid int) int64 {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0
	}
	for line := range strings.Lines(string(status)) {
		if value, found := strings.CutPrefix(line, "VmRSS:"); found {
			kib, _ := strconv.ParseInt(strings.Fields(value)[0], 10, 64)
			return kib
		}
	}
	return 0
}

// BenchmarkSize is the size of the binary; `go tool nm -size -sort size` on an
// unstripped one tells what it is made of.
func BenchmarkSize(b *testing.B) {
	info, err := os.Stat(build(b))
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		_ = info
	}
	b.ReportMetric(float64(info.Size())/(1<<20), "MiB")
	b.ReportMetric(0, "ns/op")
}
