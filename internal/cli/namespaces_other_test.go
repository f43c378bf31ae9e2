//go:build !linux

package cli

// namespaces are Linux's alone.
func namespaces() bool { return false }
