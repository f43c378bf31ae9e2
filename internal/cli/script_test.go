package cli

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
	"github.com/stafett/stafett/examples"
)

// TestScripts runs testdata/script. Each script starts in a folder with the
// example project, has a state folder of its own, and uses these commands:
//
//	run CODE ARGS…          stafett ARGS… must exit with CODE
//	tty CODE ARGS…          the same on a terminal; ttyin before it, ttyout after
//	await [PROXY or FILE]   until the local platform in the background is ready
//	network                 commands without --local go there as well, with
//	                        ADMIN_ID and ADMIN_KEY (a file) as admin client
//	form VAR [draft|large]  a person sends a form in, or leaves it a draft; with a
//	                        map of a few kilobytes, or of 2 MiB
//	carried INSTANCE STATE [FLAG…]
//	                        until the form's handover is in that state
//	console PATH TEXT…      until a page of the console shows the texts; it holds no secret
//	vault put NAME FILE     change the local vault by plain HTTP; also get, delete
//	                        and recover, and env NAME VAR
//	portal create NAME [VAR [TYPE]]
//	                        make an integration by plain HTTP; also register FILE
//	                        VAR (what the errand in FILE asks for) and deactivate ID
//	key KIND FILE           write an EncodedJwk, right or wrong in one way
//	world FILE              describe files, vault, portal and receiving instances
//	freeport VAR            a port at which nobody listens; listen VAR: one that is taken
//	edit FILE OLD NEW       replace the one occurrence of a text; \n is a line end
//	schema NAME             stdout is one JSON document that the schema allows
//	scan [FILE or DIR…]     search last output and files for secrets
//
// Lines with [linux] are left out elsewhere: they have been tried on Linux alone. On
// macOS testscript makes terminals too, but stat and the like take other flags; on
// other systems it makes none.
//
// Whatever run and tty print is searched for secrets, always.
func TestScripts(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" {
		t.Skip("the scripts end the local platform with an interrupt, which Windows cannot send")
	}
	story, err := filepath.Abs("../../docs/curl/story.sh")
	if err != nil {
		t.Fatal(err)
	}
	guides := make(map[string]string)
	for _, name := range []string{"auth", "init", "prepare"} {
		if guides[name], err = readGuide("../../docs/" + name + ".md"); err != nil {
			t.Fatal(err)
		}
	}
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Setup: func(env *testscript.Env) error {
			env.Setenv("STAFETT_STATE_DIR", filepath.Join(env.WorkDir, "state"))
			env.Setenv(keysVariable, os.Getenv(keysVariable))
			env.Setenv("LC_ALL", "C") // marks are words: [ok]
			env.Setenv("STORY", story)
			for name, guide := range guides {
				if err := os.WriteFile(filepath.Join(env.WorkDir, name+".sh"), []byte(guide), 0o600); err != nil {
					return err
				}
			}
			return examples.WriteTo(env.WorkDir)
		},
		Condition: func(name string) (bool, error) {
			if name != "namespaces" {
				return false, fmt.Errorf("there is no condition %q", name)
			}
			return namespaces(), nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"run":      plain(runStafett("stafett")),
			"tty":      plain(runStafett("stafett-tty")),
			"await":    plain(await),
			"network":  plain(useNetwork),
			"form":     plain(sendForm),
			"seeded":   plain(seededForm),
			"carried":  plain(awaitHandover),
			"console":  plain(showsConsole),
			"vault":    plain(changeVault),
			"portal":   plain(changePortal),
			"key":      plain(writeKey),
			"world":    plain(describeWorld),
			"edit":     plain(edit),
			"freeport": plain(freePort),
			"listen":   plain(listen),
			"schema":   plain(checkSchema),
			"scan":     plain(scan),
		},
	})
}

// plain makes a command that cannot be negated.
func plain(command func(ts *testscript.TestScript, args []string)) func(*testscript.TestScript, bool, []string) {
	return func(ts *testscript.TestScript, neg bool, args []string) {
		if neg {
			ts.Fatalf("this command has no opposite")
		}
		command(ts, args)
	}
}

func runStafett(program string) func(*testscript.TestScript, []string) {
	return func(ts *testscript.TestScript, args []string) {
		want, err := strconv.Atoi(args[0])
		if err != nil {
			ts.Fatalf("usage: run CODE ARGS…")
		}
		code := 0
		err = ts.Exec(program, args[1:]...)
		if exit := (*exec.ExitError)(nil); errors.As(err, &exit) {
			code = exit.ExitCode()
		} else {
			ts.Check(err)
		}
		if code != want {
			ts.Fatalf("exit code %d, want %d", code, want)
		}
		texts := []string{ts.ReadFile("stderr")}
		isBareToken := slices.Contains(args, "token") && !slices.Contains(args, "--json")
		if !isBareToken {
			texts = append(texts, ts.ReadFile("stdout"))
		}
		if program != "stafett" {
			texts = append(texts, ts.ReadFile("ttyout"))
		}
		for _, text := range texts {
			if found := leaks(text); len(found) > 0 {
				ts.Fatalf("the output holds %s", strings.Join(found, ", "))
			}
		}
	}
}

func edit(ts *testscript.TestScript, args []string) {
	path := ts.MkAbs(args[0])
	content := ts.ReadFile(args[0])
	for i, arg := range args {
		args[i] = strings.ReplaceAll(arg, `\n`, "\n")
	}
	if n := strings.Count(content, args[1]); n != 1 {
		ts.Fatalf("%s holds %q %d times", args[0], args[1], n)
	}
	// In one go, as many editors do: a platform that looks in the middle would tell what
	// half a file lacks.
	whole := ts.MkAbs("edited")
	ts.Check(os.WriteFile(whole, []byte(strings.Replace(content, args[1], args[2], 1)), 0o600))
	ts.Check(os.Rename(whole, path))
}
