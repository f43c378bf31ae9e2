package cli

import (
	"regexp"
	"slices"
	"strings"
)

// flagsOfThisWorld are the flags that say whose systems this run speaks to. What it
// tells people to run must have them: without --local, a command copied from the
// practice of one world would act on the other.
func (s *session) flagsOfThisWorld() []string {
	var flags []string
	for _, flag := range []struct{ name, value string }{{"--project", s.project}, {"--env", s.env}} {
		if flag.value != "" {
			flags = append(flags, flag.name, flag.value)
		}
	}
	if s.local {
		flags = append(flags, "--local")
	}
	return flags
}

// likewise adds these flags to a command of this program, so that it can be copied.
func (s *session) likewise(command []string) []string {
	if len(command) == 0 || command[0] != "stafett" {
		return command
	}
	return append(slices.Clone(command), s.flagsOfThisWorld()...)
}

// reachesSystems finds the commands of this program in a text that reach systems;
// "stafett serve" is in texts as the name of the process.
var reachesSystems = regexp.MustCompile(`stafett (?:prepare|doctor|rotate|renew|token|handover [a-z]+)\b`)

// inThisWorld adds these flags to each command of this program in a text.
func (s *session) inThisWorld(text string) string {
	flags := s.flagsOfThisWorld()
	if len(flags) == 0 {
		return text
	}
	for i, flag := range flags {
		flags[i] = quoted(flag)
	}
	return reachesSystems.ReplaceAllString(text, "$0 "+strings.ReplaceAll(strings.Join(flags, " "), "$", "$$"))
}
