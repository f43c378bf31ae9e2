package local

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/stafett/stafett/app"
)

const (
	// remoteFresh is how long what a process has said of its application holds:
	// policies and texts change while somebody works on them.
	remoteFresh = 2 * time.Second
	// remoteHold is how long a request waits for a reading before it does with the
	// one before.
	remoteHold = 300 * time.Millisecond
	// remotePatience bounds one reading of an application. A process that stands
	// in a debugger answers nothing.
	remotePatience = 5 * time.Second
	// remoteEvery is how often a process that has not answered yet is asked again.
	remoteEvery = time.Second
)

// Remote is an application that runs as a process of its own, in whatever
// language, such as by "dotnet run". What is asked of its public address is passed
// on to it, and the platform reads its metadata, policy, process and texts from the
// addresses at which every Altinn application shows them.
type Remote struct {
	ID  string // org/app
	URL string // of the process: http://ADDRESS:PORT, on the loopback interface
}

// Check tells whether the application can be passed on to; it asks no process.
func (r Remote) Check() error {
	_, err := r.target()
	return err
}

// idRunes are what each half of an application's id is written with.
const idRunes = "abcdefghijklmnopqrstuvwxyz0123456789-"

func (r Remote) target() (*url.URL, error) {
	org, name, _ := strings.Cut(r.ID, "/")
	if strings.Trim(org, idRunes) != "" || strings.Trim(name, idRunes) != "" || org == "" || name == "" {
		return nil, fmt.Errorf("the id %q is not of the form org/app, in small letters", r.ID)
	}
	target, err := url.Parse(r.URL)
	if err != nil || target.Scheme != "http" || target.Port() == "" || target.RawQuery != "" || target.User != nil {
		return nil, fmt.Errorf("application %s cannot be at %q, which is not an address such as http://localhost:5005", r.ID, r.URL)
	}
	if strings.Trim(target.Path, "/") != "" {
		return nil, fmt.Errorf("application %s cannot be at %q: leave out %s, for requests are passed on with the path that they have", r.ID, r.URL, target.Path)
	}
	if port, err := strconv.ParseUint(target.Port(), 10, 16); err != nil || port == 0 {
		return nil, fmt.Errorf("application %s cannot be at %q: a port is a number from 1 to 65535", r.ID, r.URL)
	}
	if ip := net.ParseIP(target.Hostname()); target.Hostname() != "localhost" && (ip == nil || !ip.IsLoopback()) {
		return nil, fmt.Errorf("application %s cannot be at %s: only a loopback address is allowed", r.ID, target.Host)
	}
	target.Path = ""
	return target, nil
}

// remotes are the applications that run as processes of their own. It is safe for
// concurrent use.
type remotes struct {
	byID     map[string]*remote
	client   *http.Client
	stop     context.CancelFunc
	watching sync.WaitGroup
}

// startRemotes begins to ask each process for its application, and tells what comes
// of it; see [Config.RemoteTold].
func startRemotes(list []Remote, told func(asked Remote, err error)) (*remotes, error) {
	if told == nil {
		told = func(Remote, error) {}
	}
	client := newRemoteClient(
		// No proxy, whatever the environment says, and no patience of its own: an
		// application may take long.
		&http.Transport{MaxIdleConnsPerHost: 64, IdleConnTimeout: 90 * time.Second, DisableCompression: true},
	)
	ctx, cancel := context.WithCancel(context.Background())
	all := &remotes{byID: make(map[string]*remote, len(list)), client: client, stop: cancel}
	for _, one := range list {
		target, err := one.target()
		if err != nil {
			cancel()
			return nil, err
		}
		all.byID[one.ID] = newRemote(one.ID, target, client, func(address string, err error) { told(Remote{one.ID, address}, err) })
	}
	for _, one := range all.byID {
		all.watching.Go(func() { one.watch(ctx) })
	}
	return all, nil
}

// newRemoteClient follows nothing: a process that answers with another address does
// not make the platform ask there.
func newRemoteClient(transport http.RoundTripper) *http.Client {
	return &http.Client{Transport: transport, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
}

// find is the application as its process last told of it; not before it has
// answered for the first time.
func (all *remotes) find(appID string) (*app.Folder, bool) {
	one, ok := all.byID[appID]
	if !ok {
		return nil, false
	}
	folder, _ := one.current()
	return folder, folder != nil
}

// move leads requests to another address of the process, an empty one back to where
// it was named; false means that the application is not one of these.
func (all *remotes) move(to Remote) (bool, error) {
	one, ok := all.byID[to.ID]
	if !ok {
		return false, nil
	}
	target := one.named
	if to.URL != "" {
		var err error
		if target, err = to.target(); err != nil {
			return true, err
		}
	}
	one.move(target)
	return true, nil
}

func (all *remotes) close() {
	all.stop()
	all.watching.Wait()
	all.client.CloseIdleConnections()
}

// WrongApplicationError says that a process serves another application than the
// one that it was named for.
type WrongApplicationError struct{ Wanted, Found, URL string }

func (e *WrongApplicationError) Error() string {
	return fmt.Sprintf("the process at %s serves application %s, not %s", e.URL, e.Found, e.Wanted)
}

// Remedy tells how to name it.
func (e *WrongApplicationError) Remedy() string {
	return fmt.Sprintf("name it by its id: --app %s=%s", e.Found, e.URL)
}

// errSilent is for a process that has never answered.
var errSilent = errors.New("nobody answers there yet")

// errNoApplication is for what listens there instead.
var errNoApplication = errors.New("it answers with a page where an application has its metadata, so it is another program")
