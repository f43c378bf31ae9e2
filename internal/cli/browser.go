package cli

import (
	"context"
	"os/exec"
	"runtime"
)

// openBrowser shows an address in the person's own browser.
func openBrowser(ctx context.Context, address string) error {
	switch runtime.GOOS {
	case "darwin":
		return exec.CommandContext(ctx, "open", address).Run() //nolint:gosec // a portal's address, never input
	case "windows":
		return exec.CommandContext(ctx, "rundll32", "url.dll,FileProtocolHandler", address).Run() //nolint:gosec // a portal's address, never input
	default:
		return exec.CommandContext(ctx, "xdg-open", address).Run() //nolint:gosec // a portal's address, never input
	}
}
