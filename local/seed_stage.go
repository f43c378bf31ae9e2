package local

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/stafett/stafett/app"
	"github.com/stafett/stafett/local/apphost"
	"github.com/stafett/stafett/local/authentication"
	"github.com/stafett/stafett/local/authorization"
	"github.com/stafett/stafett/local/events"
	"github.com/stafett/stafett/local/front"
	"github.com/stafett/stafett/local/register"
	"github.com/stafett/stafett/local/storage"
)

// stage is where the instances of seeds are made before they are there: an Altinn of its
// own, with the platform's parties, rights and applications, whose clock stands at the
// time that a seed tells. What is made there is given to the platform as a whole.
type stage struct {
	platform *Platform
	clock    atomic.Pointer[time.Time]
	dir      string
	who      *authentication.Server
	storage  *storage.Server
	network  *front.Network
	client   *http.Client
	apps     map[string]*folderVersion // those that were needed, by org/app
	tokens   map[string]string         // by the path at the test login

	mu     sync.Mutex
	events []events.Event // guarded by mu
}

// stageDir is how the names of stages' folders begin. No other name does, for what lies
// beside them may be somebody else's.
const stageDir = "stafett-stage-"

// clearStages removes what platforms have left in a folder that were cut short.
func clearStages(dir string) error {
	entries, err := os.ReadDir(dir)
	for _, entry := range entries {
		if entry.IsDir() && strings.HasPrefix(entry.Name(), stageDir) {
			err = errors.Join(err, os.RemoveAll(filepath.Join(dir, entry.Name())))
		}
	}
	return err
}

// newStage makes an empty stage; the caller closes it. It is for one goroutine.
func (p *Platform) newStage() (_ *stage, err error) {
	s := &stage{platform: p, apps: make(map[string]*folderVersion), tokens: make(map[string]string)}
	s.set(time.Now())
	if s.dir, err = os.MkdirTemp(p.dir, stageDir+"*"); err != nil {
		return nil, fmt.Errorf("make room for a seed: %w", err)
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, s.close())
		}
	}()
	altinn := http.NewServeMux()
	login := http.NewServeMux()
	hosts := []front.Host{{Name: PlatformHost, Handler: altinn}, {Name: LoginHost, Handler: login}}
	for _, owner := range p.orgs {
		hosts = append(hosts, front.Host{Name: owner.Code + "." + appsDomain, Handler: http.HandlerFunc(s.serveApp)})
	}
	if s.network, err = front.New(front.Config{Hosts: hosts, Logger: p.logger}); err != nil {
		return nil, err
	}
	s.client = &http.Client{Transport: s.network.Transport()}
	if s.who, err = authentication.New(p.login); err != nil {
		return nil, err
	}
	people, err := register.New(register.Config{Parties: p.parties, Verifier: s.who})
	if err != nil {
		return nil, err
	}
	decisions, err := authorization.New(authorization.Config{
		Applications: p.folder, Parties: p.parties, Verifier: s.who, Platform: platformURL, HTTPClient: s.client, Now: s.now, Logger: p.logger,
	})
	if err != nil {
		return nil, err
	}
	s.storage, err = storage.New(storage.Config{
		Dir: s.dir, Platform: platformURL, AppsDomain: appsDomain, HTTPClient: s.client,
		Applications: p.folder, Verifier: s.who, Now: s.now, Logger: p.logger,
	})
	if err != nil {
		return nil, err
	}
	login.Handle("/", s.who.LoginHandler())
	altinn.Handle("/register/", people)
	altinn.Handle("/profile/", people)
	altinn.Handle("/authorization/", decisions)
	altinn.Handle("/storage/", s.storage)
	altinn.HandleFunc("POST /events/api/v1/app", s.keepEvent)
	return s, nil
}

func (s *stage) set(at time.Time) { s.clock.Store(&at) }
func (s *stage) now() time.Time   { return *s.clock.Load() }

// app makes an application, as its folder is now, part of the stage. Those that run as
// processes of their own cannot be: they know no other Altinn than the platform.
func (s *stage) app(id string) (*app.Folder, error) {
	served, ok := s.platform.folders[id]
	if _, remote := s.platform.remotes.byID[id]; remote {
		return nil, fmt.Errorf("the application %s runs as a process of its own: make the instance through it, or serve its folder", id)
	}
	if !ok {
		return nil, fmt.Errorf("the application %s is not served here", id)
	}
	if known := s.apps[id]; known != nil {
		return known.folder, nil
	}
	folder := served.current.Load().folder
	host, err := apphost.New(apphost.Config{
		Folder: folder, Platform: platformURL, HTTPClient: s.client, Verifier: s.who, Now: s.now, Logger: s.platform.logger, SpoolDir: s.dir,
	})
	if err != nil {
		return nil, err
	}
	s.apps[id] = &folderVersion{folder: folder, host: host}
	return folder, nil
}

func (s *stage) serveApp(w http.ResponseWriter, r *http.Request) {
	parts := strings.SplitN(strings.TrimPrefix(r.URL.Path, "/"), "/", 3)
	if len(parts) == 3 {
		if application, ok := s.apps[parts[0]+"/"+parts[1]]; ok {
			application.host.ServeHTTP(w, r)
			return
		}
	}
	http.NotFound(w, r)
}

// keepEvent takes what an application publishes, at the time that it tells.
func (s *stage) keepEvent(w http.ResponseWriter, r *http.Request) {
	var event events.Event
	if err := json.NewDecoder(r.Body).Decode(&event); err != nil {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.events = append(s.events, event)
	w.WriteHeader(http.StatusCreated)
}

// logIn returns the token that a path of the test login gives.
func (s *stage) logIn(ctx context.Context, path string) (string, error) {
	if token, ok := s.tokens[path]; ok {
		return token, nil
	}
	answered, err := s.call(ctx, request{method: http.MethodGet, url: "https://" + LoginHost + path})
	if err != nil {
		return "", fmt.Errorf("log in: %w", err)
	}
	s.tokens[path] = string(answered)
	return string(answered), nil
}

// request is one to the applications or to Altinn.
type request struct {
	method, url, token    string
	contentType, filename string
	body                  []byte
}

// call sends a request at the stage's time, and returns what is answered. An error says
// why it was refused, in the words of who refuses it. When the context ends, nothing
// more is sent, and what has been sent is answered: half of a request would be told in the
// log as a trouble.
func (s *stage) call(ctx context.Context, r request) ([]byte, error) {
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	sent, err := http.NewRequestWithContext(context.WithoutCancel(ctx), r.method, r.url, bytes.NewReader(r.body))
	if err != nil {
		return nil, err
	}
	if r.token != "" {
		sent.Header.Set("Authorization", "Bearer "+r.token)
	}
	if r.contentType != "" {
		sent.Header.Set("Content-Type", r.contentType)
	}
	if r.filename != "" {
		sent.Header.Set("Content-Disposition", disposition(r.filename))
	}
	response, err := s.client.Do(sent)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	answered, err := io.ReadAll(response.Body)
	if err != nil {
		return nil, err
	}
	if response.StatusCode/100 != 2 {
		return nil, errors.New(refusal(response.StatusCode, answered))
	}
	return answered, nil
}

// give puts copies of what was made into the platform. What counts as changed before a
// time, unless that is zero, counts as changed then.
func (s *stage) give(ctx context.Context, p *Platform, changed time.Time) error {
	if err := p.storage.Adopt(ctx, s.storage, changed); err != nil {
		return err
	}
	for _, event := range s.events {
		p.events.Publish(ctx, event)
	}
	return nil
}

// finish ends all but what [stage.give] needs.
func (s *stage) finish() error {
	if s.network == nil {
		return nil
	}
	s.client.CloseIdleConnections()
	err := s.network.Close()
	s.network = nil
	return err
}

func (s *stage) close() error {
	errs := []error{s.finish()}
	if s.storage != nil {
		errs = append(errs, s.storage.Close())
	}
	return errors.Join(append(errs, os.RemoveAll(s.dir))...)
}
