package local_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/stafett/stafett/app"
	"github.com/stafett/stafett/local"
	"github.com/stafett/stafett/local/control"
)

// change replaces a text in a file of an application, once.
func change(t *testing.T, folder *app.Folder, file, before, after string) {
	t.Helper()
	path := filepath.Join(folder.Dir, folder.Root, filepath.FromSlash(file))
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Contains(content, []byte(before)) {
		t.Fatalf("%s does not hold %s", file, before)
	}
	// In one go: whoever watches the folder would tell of half a file too.
	whole := filepath.Join(t.TempDir(), "changed")
	if err := os.WriteFile(whole, bytes.Replace(content, []byte(before), []byte(after), 1), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(whole, path); err != nil {
		t.Fatal(err)
	}
}

// TestReload changes the files of applications that are served: what they hold shows
// when they are read anew and not before, for the application, the decision point and
// Storage alike, and what is wrong changes nothing.
func TestReload(t *testing.T) {
	t.Parallel()
	apps := folders(t, nil)
	original, receiving := apps[0], apps[1]
	platform := start(t, local.Config{Apps: apps})
	creates := newCreator(t, platform)
	title := func(of *app.Folder) string {
		t.Helper()
		status, body := send(t, platform, http.MethodGet, "https://"+of.Org+".apps.tt02.altinn.no/"+of.ID+"/api/v1/applicationmetadata", "", "")
		var metadata struct{ Title map[string]string }
		if err := json.Unmarshal([]byte(body), &metadata); err != nil || status != http.StatusOK {
			t.Fatalf("metadata: %d, %v", status, err)
		}
		return metadata.Title["nb"]
	}
	if status := creates.create(t.Context()); status != http.StatusCreated {
		t.Fatalf("create: %d", status)
	}

	// The policy.
	const policy, right = "config/authorization/policy.xml", ">instantiate<"
	change(t, receiving, policy, right, ">nothing<")
	if status := creates.create(t.Context()); status != http.StatusCreated {
		t.Errorf("create before it is read: %d", status)
	}
	if read, err := platform.Reload(t.Context(), receiving.ID); err != nil || !slices.Equal(read.Applications, []string{receiving.ID}) {
		t.Fatalf("reload: %v, %v", read, err)
	}
	if status := creates.create(t.Context()); status != http.StatusForbidden {
		t.Errorf("create with no right: %d", status)
	}
	change(t, receiving, policy, ">nothing<", right)

	// The title; and one that is broken keeps the other from being read.
	name, broken := original.Metadata.Title["nb"], receiving.Metadata.Title["nb"]
	change(t, original, "config/applicationmetadata.json", name, "Et nytt navn")
	change(t, receiving, "config/applicationmetadata.json", "{", "{,")
	_, err := platform.Reload(t.Context())
	if fault, ok := errors.AsType[*app.Fault](err); !ok || !strings.Contains(err.Error(), receiving.ID) {
		t.Errorf("a broken folder: %v, %v", fault, err)
	}
	if title(original) != name || title(receiving) != broken || creates.create(t.Context()) != http.StatusForbidden {
		t.Error("it is served in part")
	}
	change(t, receiving, "config/applicationmetadata.json", "{,", "{")
	if read, err := platform.Reload(t.Context()); err != nil || len(read.Applications) != 2 || len(read.LayoutFaults)+len(read.Hooks) != 0 {
		t.Fatalf("reload: %v, %v", read, err)
	}
	if title(original) != "Et nytt navn" || creates.create(t.Context()) != http.StatusCreated {
		t.Error("it is not served")
	}

	// Another application, and none.
	change(t, receiving, "config/applicationmetadata.json", `"fts/saksmottak"`, `"fts/noeannet"`)
	if _, err := platform.Reload(t.Context()); err == nil || !strings.Contains(err.Error(), "holds application fts/noeannet now") {
		t.Errorf("another id: %v", err)
	}
	if _, err := platform.Reload(t.Context(), "fts/noeannet"); !errors.Is(err, control.ErrUnknown) {
		t.Errorf("an id that is not served: %v", err)
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := platform.Reload(ended, original.ID); !errors.Is(err, context.Canceled) {
		t.Errorf("nobody waits: %v", err)
	}
}

// TestReloadUnderRequests finds in each answer one version of the files or the other,
// whole.
func TestReloadUnderRequests(t *testing.T) {
	t.Parallel()
	apps := folders(t, nil)
	platform := start(t, local.Config{Apps: apps})
	metadata := platform.Seed().Apps[0].URL + "/api/v1/applicationmetadata"
	_, first := send(t, platform, http.MethodGet, metadata, "", "")
	change(t, apps[0], "config/applicationmetadata.json", apps[0].Metadata.Title["nb"], "Et nytt navn")
	ctx, done := context.WithCancel(t.Context())
	var asking sync.WaitGroup
	seen := make([][]string, 4)
	for n := range seen {
		asking.Go(func() {
			for last := ""; ctx.Err() == nil || len(seen[n]) == 0 || last != seen[n][len(seen[n])-1]; {
				_, answer := send(t, platform, http.MethodGet, metadata, "", "")
				if last = answer; !slices.Contains(seen[n], answer) {
					seen[n] = append(seen[n], answer)
				}
			}
		})
	}
	var reading sync.WaitGroup
	for range 3 {
		reading.Go(func() {
			if _, err := platform.Reload(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
	reading.Wait()
	_, second := send(t, platform, http.MethodGet, metadata, "", "")
	done()
	asking.Wait()
	if first == second {
		t.Error("it was not read anew")
	}
	for _, answers := range seen {
		for _, answer := range answers {
			if answer != first && answer != second {
				t.Errorf("neither version:\n%s", answer)
			}
		}
	}
}

// TestWatchFolders is told of each state of the files once, with what does not work.
func TestWatchFolders(t *testing.T) {
	t.Parallel()
	apps := folders(t, nil)
	platform := start(t, local.Config{Apps: apps})
	told := make(chan local.FolderNews, 8)
	ctx, end := context.WithCancel(t.Context())
	var watching sync.WaitGroup
	watching.Go(func() { platform.WatchFolders(ctx, func(news local.FolderNews) { told <- news }) })
	next := func(of *app.Folder) local.FolderNews {
		t.Helper()
		got := <-told
		if got.Application != of.ID {
			t.Errorf("told of %s, and not of %s", got.Application, of.ID)
		}
		return got
	}
	change(t, apps[1], "config/applicationmetadata.json", "{", "{,")
	if got := next(apps[1]); got.Err == nil || got.CodeOnly {
		t.Errorf("a broken folder: told %+v", got)
	}
	change(t, apps[1], "config/applicationmetadata.json", "{,", "{ ")
	works := control.Reading{Applications: []string{apps[1].ID}}
	if got := next(apps[1]); got.Err != nil || got.CodeOnly || !reflect.DeepEqual(got.Reading, works) {
		t.Errorf("mended: told %+v", got)
	}
	change(t, apps[0], "ui/form/layouts/kjoring.json", `"optionsId": "kommune"`, `"optionsId": "nowhere"`)
	if got := next(apps[0]); got.Err != nil || got.CodeOnly || len(got.Reading.LayoutFaults) != 1 || len(got.Reading.Hooks) != 0 ||
		got.Reading.LayoutFaults[0].File != "ui/form/layouts/kjoring.json" || got.Reading.LayoutFaults[0].Application != apps[0].ID {
		t.Errorf("a fault in a layout: told %+v", got)
	}
	code := filepath.Join(apps[1].Dir, "logic")
	if err := errors.Join(os.Mkdir(code, 0o700), os.WriteFile(filepath.Join(code, "End.cs"), []byte("\nclass End : IProcessEnd { }"), 0o600)); err != nil {
		t.Fatal(err)
	}
	works.Hooks = []control.Hook{{Application: apps[1].ID, Class: "End", Interface: "IProcessEnd", File: "logic/End.cs", Line: 2}}
	if got := next(apps[1]); got.Err != nil || !got.CodeOnly || !reflect.DeepEqual(got.Reading, works) {
		t.Errorf("a hook: told %+v", got)
	}
	end()
	watching.Wait()
	if len(told) > 0 {
		t.Errorf("told also %+v", <-told)
	}
}
