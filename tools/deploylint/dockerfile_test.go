package deploylint_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/moby/buildkit/client/llb"
	"github.com/moby/buildkit/client/llb/sourceresolver"
	"github.com/moby/buildkit/frontend/dockerfile/dockerfile2llb"
	"github.com/moby/patternmatcher"
	"github.com/moby/patternmatcher/ignorefile"
	"github.com/opencontainers/go-digest"
)

// unreachable stands in for the registry: an image of which nothing is known.
type unreachable struct{}

func (unreachable) ResolveImageConfig(_ context.Context, ref string, _ sourceresolver.Opt) (string, digest.Digest, []byte, error) {
	return ref, "", []byte("{}"), nil
}

// lint returns what `docker build --check` says about a Dockerfile.
func lint(t *testing.T, text []byte) []string {
	t.Helper()
	source := llb.NewSourceMap(nil, "Dockerfile", "Dockerfile", text)
	var err error
	if source.Definition, err = llb.Scratch().Marshal(t.Context()); err != nil {
		t.Fatal(err)
	}
	results, err := dockerfile2llb.DockerfileLint(t.Context(), text, dockerfile2llb.ConvertOpt{
		MetaResolver: unreachable{},
		SourceMap:    source,
	})
	if err != nil {
		t.Fatal(err)
	}
	var said []string
	for _, w := range results.Warnings {
		said = append(said, w.RuleName+": "+w.Detail)
	}
	if results.Error != nil {
		said = append(said, results.Error.Message)
	}
	return said
}

func TestDockerfiles(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob(deploy("docker", "*Dockerfile"))
	if err != nil || len(files) != 2 {
		t.Fatalf("found %v, %v", files, err)
	}
	for _, file := range files {
		for _, fault := range lint(t, read(t, file)) {
			t.Errorf("%s: %s", file, fault)
		}
	}
	// The check itself must be able to fail.
	if said := lint(t, []byte("FROM scratch AS Base\nCMD run now\n")); len(said) < 2 {
		t.Errorf("of a bad Dockerfile it is only said: %q", said)
	}
}

// TestImageIsBare holds the last stage to what the Dockerfile's comment says.
func TestImageIsBare(t *testing.T) {
	t.Parallel()
	text := string(read(t, deploy("docker", "Dockerfile")))
	last := text[strings.LastIndex(text, "\nFROM "):]
	if !strings.HasPrefix(last, "\nFROM scratch\n") || strings.Contains(last, "\nRUN ") {
		t.Error("the image holds more than the program")
	}
	if !regexp.MustCompile(`(?m)^USER [1-9][0-9]*:[1-9][0-9]*$`).MatchString(last) {
		t.Error("the user is not one other than root, by number, as Kubernetes needs it to check")
	}
	module := regexp.MustCompile(`(?m)^go (\d+\.\d+)`).FindSubmatch(read(t, root("go.mod")))
	if !strings.Contains(text, "golang:"+string(module[1])+" AS build") {
		t.Errorf("the image is not built with Go %s, as go.mod says", module[1])
	}
}

// TestImageIsBuiltFromAllItNeeds holds the list of what is kept out of the build
// to what the program is compiled from, embedded files included.
func TestImageIsBuiltFromAllItNeeds(t *testing.T) {
	t.Parallel()
	patterns, err := ignorefile.ReadAll(bytes.NewReader(read(t, deploy("docker", "Dockerfile.dockerignore"))))
	if err != nil {
		t.Fatal(err)
	}
	ignored, err := patternmatcher.New(patterns)
	if err != nil {
		t.Fatal(err)
	}
	top, err := filepath.Abs(root())
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), "go", "list", "-deps", "-json=Dir,Module,GoFiles,EmbedFiles", "./cmd/stafett")
	cmd.Dir = top
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	count := 0
	for dec := json.NewDecoder(bytes.NewReader(out)); ; {
		var p struct {
			Dir                 string
			Module              *struct{ Main bool }
			GoFiles, EmbedFiles []string
		}
		if err := dec.Decode(&p); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		if p.Module == nil || !p.Module.Main {
			continue
		}
		for _, file := range append(p.GoFiles, p.EmbedFiles...) {
			path, err := filepath.Rel(top, filepath.Join(p.Dir, file))
			if err != nil {
				t.Fatal(err)
			}
			count++
			if out, err := ignored.MatchesOrParentMatches(path); err != nil || out {
				t.Errorf("%s is needed and kept out (%v)", path, err)
			}
		}
	}
	if count < 100 {
		t.Errorf("only %d files found; is the root right?", count)
	}
}
