//go:build !unix

package postgrestest

import "os/exec"

const supported = false

func isolate(*exec.Cmd, int, int) {}
