package cli

import (
	"context"
	"fmt"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// nodePatience is how long Node.js may take to tell its version, on a machine with
// much else to do.
const nodePatience = 10 * time.Second

// warnOfNode warns of a Node.js that would go past the platform: older ones heed no
// proxy, and fetch would reach the real systems without a word. A module that is loaded
// before the program may see to that, which is not known here.
func (s *session) warnOfNode(ctx context.Context, path string, arguments []string) {
	name := strings.ToLower(filepath.Base(path))
	name = strings.TrimSuffix(name, filepath.Ext(name))
	if !slices.Contains([]string{"node", "npm", "npx", "yarn", "pnpm", "corepack"}, name) {
		return
	}
	if loadsFirst(strings.Fields(s.lookup("NODE_OPTIONS"))) || name == "node" && loadsFirst(nodeOptions(arguments)) {
		return
	}
	if name != "node" {
		var err error
		if path, err = exec.LookPath("node"); err != nil {
			return
		}
	}
	ctx, cancel := context.WithTimeout(ctx, nodePatience)
	defer cancel()
	asking := exec.CommandContext(ctx, path, "--version")
	asking.Env = s.environ
	asking.WaitDelay = nodePatience // for what it leaves behind with its output
	version, err := asking.Output()
	if told := strings.TrimSpace(string(version)); err == nil && passesProxies(told) {
		s.warn("Node.js %s heeds no proxy, so that its fetch and https go to the real systems and not to the local platform: run it with --isolate (Linux), or take Node.js 22.21, 24.5 or later", told)
	}
}

// nodeOptions are the arguments of node before the program that it runs. An option's
// value that stands by itself is taken for the program, unless the option is one of
// those that loadsFirst knows, after which nothing matters.
func nodeOptions(arguments []string) []string {
	if program := slices.IndexFunc(arguments, func(a string) bool { return !strings.HasPrefix(a, "-") }); program >= 0 {
		return arguments[:program]
	}
	return arguments
}

// loadsFirst reports whether options of Node.js load a module before the program
// (nodejs.org/api/cli.html).
func loadsFirst(options []string) bool {
	return slices.ContainsFunc(options, func(option string) bool {
		name, _, _ := strings.Cut(option, "=")
		return slices.Contains([]string{"--import", "--require", "-r"}, name)
	})
}

// passesProxies reports whether a version of Node.js goes past proxies though
// NODE_USE_ENV_PROXY is set, which it knows from v22.21.0 and v24.5.0 on
// (nodejs.org/api/cli.html).
func passesProxies(version string) bool {
	var major, minor int
	if _, err := fmt.Sscanf(version, "v%d.%d.", &major, &minor); err != nil {
		return false // who knows
	}
	switch major {
	case 22:
		return minor < 21
	case 24:
		return minor < 5
	}
	return major < 24
}
