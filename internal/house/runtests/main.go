// Command runtests is what `make test` runs: go test with the race detector
// where that is possible, and with every skipped test told at the end.
//
//	go run ./internal/house/runtests [flags and packages of go test]
//
// It does not vet, which is what make lint does. With STAFETT_NO_SKIP=1 a skipped
// test is a failure. The exit code is that of go test, or 1.
package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"runtime"
	"strings"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	code, err := run(ctx, os.Args[1:], os.Getenv("STAFETT_NO_SKIP") == "1", os.Stdout)
	if err != nil {
		fmt.Fprintln(os.Stderr, "runtests:", err)
	}
	os.Exit(code)
}

// run runs go test with args and reports on out.
func run(ctx context.Context, args []string, noSkip bool, out io.Writer) (exitCode int, err error) {
	flags := []string{"test", "-json", "-vet=off"}
	env := os.Environ()
	if missing := raceNeeds(ctx); missing == "" {
		flags = append(flags, "-race")
		env = append(env, "CGO_ENABLED=1")
	} else {
		fmt.Fprintf(out, "WITHOUT the race detector: %s\n", missing)
	}

	//nolint:gosec // G204: the arguments are those of the developer who runs it
	cmd := exec.CommandContext(ctx, "go", append(flags, args...)...)
	cmd.Env = env
	cmd.Stderr = os.Stderr
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		return 1, err
	}
	if err := cmd.Start(); err != nil {
		return 1, err
	}
	result, readErr := report(stdout, out)
	var failed *exec.ExitError
	if err := cmd.Wait(); errors.As(err, &failed) {
		return max(failed.ExitCode(), 1), nil // go test has told why
	} else if err != nil {
		return 1, err
	}
	if readErr != nil {
		return 1, fmt.Errorf("read what go test says: %w", readErr)
	}
	if len(result.skipped) == 0 {
		return 0, nil
	}
	fmt.Fprintf(out, "\n%d SKIPPED:\n", len(result.skipped))
	for _, s := range result.skipped {
		fmt.Fprintf(out, "    %s %s: %s\n", s.pkg, s.test, s.reason)
	}
	if noSkip {
		return 1, errors.New("nothing may be skipped here (STAFETT_NO_SKIP=1)")
	}
	return 0, nil
}

// racePlatforms are those on which the race detector runs; go.dev, "Data Race
// Detector".
const racePlatforms = " linux/amd64 linux/arm64 linux/ppc64le linux/s390x linux/loong64 freebsd/amd64 netbsd/amd64 darwin/amd64 darwin/arm64 windows/amd64 "

// raceNeeds tells what the race detector lacks on this machine; "" is nothing.
func raceNeeds(ctx context.Context) string {
	platform := runtime.GOOS + "/" + runtime.GOARCH
	if !strings.Contains(racePlatforms, " "+platform+" ") {
		return "it does not exist for " + platform
	}
	compiler, err := exec.CommandContext(ctx, "go", "env", "CC").Output()
	if err != nil {
		return "go env CC fails: " + err.Error()
	}
	command, _, _ := strings.Cut(string(bytes.TrimSpace(compiler)), " ")
	if _, err := exec.LookPath(command); err != nil {
		return fmt.Sprintf("it needs a C compiler, and there is no %s", command)
	}
	return ""
}
