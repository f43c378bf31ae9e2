package local

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/stafett/stafett/app"
	"github.com/stafett/stafett/app/dotnet"
	"github.com/stafett/stafett/local/apphost"
	"github.com/stafett/stafett/local/control"
)

// watchEvery is how often [Platform.WatchFolders] looks.
const watchEvery = time.Second

// servedFolder is an application that is served from its folder, in the version that
// was read last. It is safe for concurrent use.
type servedFolder struct {
	current atomic.Pointer[folderVersion]
	reading sync.Mutex // held by the one who makes another version
}

// folderVersion is one state of an application's files. It does not change.
type folderVersion struct {
	folder *app.Folder
	host   *apphost.Server
	stamp  folderStamp
}

// folderStamp tells one state of an application's files from another.
type folderStamp struct{ served, code string }

func stampOf(dir string) folderStamp {
	return folderStamp{served: app.Fingerprint(dir), code: dotnet.Fingerprint(os.DirFS(dir))}
}

func newServedFolder(host *apphost.Server, folder *app.Folder) *servedFolder {
	first := &folderVersion{folder: folder, host: host}
	if folder.Dir != "" {
		first.stamp = stampOf(folder.Dir)
	}
	f := &servedFolder{}
	f.current.Store(first)
	return f
}

// ServeHTTP lets one version answer the whole of a request.
func (f *servedFolder) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	f.current.Load().host.ServeHTTP(w, r)
}

// forget lets an application let go of an instance that is deleted for good.
func (p *Platform) forget(appID, instanceID string) {
	if f, ok := p.folders[appID]; ok {
		f.current.Load().host.Forget(instanceID)
	}
}

// readAnew makes the version that the files are now in, and tells what in it does not
// work. The caller holds reading, and stores the version.
func (f *servedFolder) readAnew() (*folderVersion, control.Reading, error) {
	before := f.current.Load()
	id, dir := before.folder.ID, before.folder.Dir
	failed := func(err error) (*folderVersion, control.Reading, error) {
		return nil, control.Reading{}, fmt.Errorf("read application %s anew: %w", id, err)
	}
	stamp := stampOf(dir) // before the files, so that a later change shows
	folder, err := app.Load(dir)
	if err != nil {
		return failed(err)
	}
	if folder.ID != id {
		return failed(fmt.Errorf("%s holds application %s now; start the local platform again", dir, folder.ID))
	}
	host, err := before.host.With(folder)
	if err != nil {
		return failed(err)
	}
	reading, err := Examine(folder)
	if err != nil {
		return failed(err)
	}
	return &folderVersion{folder: folder, host: host, stamp: stamp}, reading, nil
}

// Reload reads the folders of applications anew, and serves what they hold now:
// metadata, policy, process, texts, data models and layouts. No ids means all that are
// served from folders. Where something is wrong with one of them, none is changed, and
// the error joins all faults; an id that is not served from a folder is
// [control.ErrUnknown]. A request that an application has begun to answer is answered
// by what it was. It returns what was read, as [Examine] tells it.
func (p *Platform) Reload(ctx context.Context, ids ...string) (control.Reading, error) {
	if len(ids) == 0 {
		for _, served := range p.seed.Apps {
			if f, ok := p.folders[served.ID]; ok && f.current.Load().folder.Dir != "" {
				ids = append(ids, served.ID)
			}
		}
	}
	ids = slices.Compact(slices.Sorted(slices.Values(ids))) // in one order, so that two callers do not wait for each other
	versions := make(map[string]*folderVersion, len(ids))
	var all control.Reading
	var errs []error
	for _, id := range ids {
		f, ok := p.folders[id]
		if !ok || f.current.Load().folder.Dir == "" {
			errs = append(errs, fmt.Errorf("read application %s anew: it is not served from a folder: %w", id, control.ErrUnknown))
			continue
		}
		f.reading.Lock()
		defer f.reading.Unlock()
		version, reading, err := f.readAnew()
		if err != nil {
			errs = append(errs, err)
			continue
		}
		versions[id] = version
		all.Applications = append(all.Applications, reading.Applications...)
		all.LayoutFaults = append(all.LayoutFaults, reading.LayoutFaults...)
		all.Hooks = append(all.Hooks, reading.Hooks...)
	}
	if err := errors.Join(append(errs, ctx.Err())...); err != nil {
		return control.Reading{}, err
	}
	for id, version := range versions {
		p.folders[id].current.Store(version)
	}
	return all, nil
}

// FolderNews is what became of an application whose files have changed.
type FolderNews struct {
	Application string // its id
	// Reading is what was read, if Err is nil.
	Reading control.Reading
	// Err keeps the application from being served as its files are now; what it was
	// before is served.
	Err error
	// CodeOnly is whether only code in C# has changed, so that what is served is as it
	// was.
	CodeOnly bool
}

// WatchFolders reads the folder of an application anew when its files have changed and
// then stayed the same for a second, until the context ends. It tells of each state of
// the files once, whoever had them read, and of one change at a time.
func (p *Platform) WatchFolders(ctx context.Context, told func(FolderNews)) {
	type watched struct{ known, last folderStamp }
	states := make(map[string]*watched, len(p.folders))
	for id, f := range p.folders {
		if first := f.current.Load(); first.folder.Dir != "" {
			states[id] = &watched{known: first.stamp, last: first.stamp}
		}
	}
	every := time.NewTicker(watchEvery)
	defer every.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-every.C:
		}
		for id, state := range states {
			stamp := stampOf(p.folders[id].current.Load().folder.Dir)
			settled := stamp == state.last
			state.last = stamp
			if !settled || stamp == state.known {
				continue
			}
			news := FolderNews{Application: id, CodeOnly: stamp.served == state.known.served}
			state.known = stamp
			news.Reading, news.Err = p.Reload(ctx, id)
			if ctx.Err() == nil {
				told(news)
			}
		}
	}
}
