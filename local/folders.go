package local

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/stafett/stafett/app"
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
	stamp  string // see app.Fingerprint
}

func newServedFolder(host *apphost.Server, folder *app.Folder) *servedFolder {
	first := &folderVersion{folder: folder, host: host}
	if folder.Dir != "" {
		first.stamp = app.Fingerprint(folder.Dir)
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

// readAnew makes the version that the files are now in. The caller holds reading, and
// stores it.
func (f *servedFolder) readAnew() (*folderVersion, error) {
	before := f.current.Load()
	id, dir := before.folder.ID, before.folder.Dir
	stamp := app.Fingerprint(dir) // before the files, so that a later change shows
	folder, err := app.Load(dir)
	if err != nil {
		return nil, fmt.Errorf("read application %s anew: %w", id, err)
	}
	if folder.ID != id {
		return nil, fmt.Errorf("read application %s anew: %s holds application %s now; start the local platform again", id, dir, folder.ID)
	}
	host, err := before.host.With(folder)
	if err != nil {
		return nil, fmt.Errorf("read application %s anew: %w", id, err)
	}
	return &folderVersion{folder: folder, host: host, stamp: stamp}, nil
}

// Reload reads the folders of applications anew, and serves what they hold now:
// metadata, policy, process, texts, data models and layouts. No ids means all that are
// served from folders. Where something is wrong with one of them, none is changed, and
// the error joins all faults; an id that is not served from a folder is
// [control.ErrUnknown]. A request that an application has begun to answer is answered
// by what it was. It returns the ids of what was read.
func (p *Platform) Reload(ctx context.Context, ids ...string) ([]string, error) {
	if len(ids) == 0 {
		for _, served := range p.seed.Apps {
			if f, ok := p.folders[served.ID]; ok && f.current.Load().folder.Dir != "" {
				ids = append(ids, served.ID)
			}
		}
	}
	ids = slices.Compact(slices.Sorted(slices.Values(ids))) // in one order, so that two callers do not wait for each other
	versions := make(map[string]*folderVersion, len(ids))
	var errs []error
	for _, id := range ids {
		f, ok := p.folders[id]
		if !ok || f.current.Load().folder.Dir == "" {
			errs = append(errs, fmt.Errorf("read application %s anew: it is not served from a folder: %w", id, control.ErrUnknown))
			continue
		}
		f.reading.Lock()
		defer f.reading.Unlock()
		version, err := f.readAnew()
		if err != nil {
			errs = append(errs, err)
			continue
		}
		versions[id] = version
	}
	if err := errors.Join(append(errs, ctx.Err())...); err != nil {
		return nil, err
	}
	for id, version := range versions {
		p.folders[id].current.Store(version)
	}
	return ids, nil
}

// WatchFolders reads the folder of an application anew when its files have changed and
// then stayed the same for a second, until the context ends. It tells when an
// application is served from what its files hold now, whoever had them read, and, once
// for each state of the files, what keeps it from that: the version before is served
// then. It is told of one change at a time.
func (p *Platform) WatchFolders(ctx context.Context, told func(appID string, err error)) {
	type watched struct{ known, last string }
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
			f := p.folders[id]
			stamp := app.Fingerprint(f.current.Load().folder.Dir)
			settled := stamp == state.last
			state.last = stamp
			if !settled || stamp == state.known {
				continue
			}
			state.known = stamp
			var err error
			if f.current.Load().stamp != stamp { // else somebody has asked for it
				_, err = p.Reload(ctx, id)
			}
			if ctx.Err() == nil {
				told(id, err)
			}
		}
	}
}
