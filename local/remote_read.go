package local

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/stafett/stafett/app"
	"github.com/stafett/stafett/app/process"
)

// maxRemoteFile bounds what is read of one answer about an application, in bytes.
const maxRemoteFile = 8 << 20

// remoteLanguages are those in which texts are asked for: Altinn has no others.
var remoteLanguages = [...]string{"nb", "nn", "en"}

// remote is one application that runs as a process of its own. One goroutine reads
// it, see watch; the others take what it has read.
type remote struct {
	id     string
	named  *url.URL // where it was at the start
	target atomic.Pointer[url.URL]
	client *http.Client
	told   func(address string, err error)
	wanted chan struct{} // one place: that somebody waits for a reading

	mu     sync.Mutex
	folder *app.Folder // nil before it has answered
	read   remoteFiles // what folder was made of
	asked  time.Time   // when the last reading ended; zero makes it void
	err    error       // of the last reading
	next   chan struct{}
}

func newRemote(id string, target *url.URL, client *http.Client, told func(address string, err error)) *remote {
	r := &remote{id: id, named: target, client: client, told: told, wanted: make(chan struct{}, 1), next: make(chan struct{})}
	r.target.Store(target)
	return r
}

// remoteFiles is what an application tells of itself.
type remoteFiles struct {
	metadata, policy, process []byte
	texts                     [len(remoteLanguages)][]byte // nil where there are none
}

func (f remoteFiles) equal(other remoteFiles) bool {
	same := bytes.Equal(f.metadata, other.metadata) && bytes.Equal(f.policy, other.policy) && bytes.Equal(f.process, other.process)
	for n := range f.texts {
		same = same && bytes.Equal(f.texts[n], other.texts[n])
	}
	return same
}

// current is the application as it was read last, nil before it has answered, with
// the error of that reading. What is no longer fresh is read anew, and waited for no
// longer than remoteHold: a process that stands in a debugger, or answers one request
// at a time, holds nobody up.
func (r *remote) current() (*app.Folder, error) {
	r.mu.Lock()
	folder, err, next, fresh := r.folder, r.err, r.next, r.isFresh()
	r.mu.Unlock()
	if fresh {
		return folder, err
	}
	r.want()
	patience := time.NewTimer(remoteHold)
	defer patience.Stop()
	select {
	case <-next:
	case <-patience.C:
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.folder, r.err
}

// isFresh reports whether what was read last still holds. The caller has locked mu.
func (r *remote) isFresh() bool {
	fresh := remoteFresh
	if r.folder == nil {
		fresh = remoteEvery / 2 // it may come up at any moment
	}
	return !r.asked.IsZero() && time.Since(r.asked) < fresh
}

// watch reads the application when somebody wants it, and every second while it does
// not answer. What comes of the first reading is told, and each change of it.
func (r *remote) watch(ctx context.Context) {
	every := time.NewTicker(remoteEvery)
	defer every.Stop()
	ticks := every.C
	for told := ""; ; {
		r.mu.Lock()
		fresh := r.isFresh() // also when two have asked for the same reading
		r.mu.Unlock()
		if !fresh {
			address, err := r.readAnew(ctx)
			if ctx.Err() != nil {
				return
			}
			if ticks = every.C; err == nil {
				ticks = nil
			}
			if news := fmt.Sprint(address, err); news != told {
				told = news
				r.told(address, err)
			}
		}
		select {
		case <-r.wanted:
		case <-ticks:
		case <-ctx.Done():
			return
		}
	}
}

// readAnew keeps what was read before where the process does not answer as an
// application does. It returns the address that was asked.
func (r *remote) readAnew(ctx context.Context) (address string, err error) {
	ctx, cancel := context.WithTimeout(ctx, remotePatience)
	defer cancel()
	target := r.target.Load()
	files, err := r.ask(ctx, target)
	r.mu.Lock()
	defer r.mu.Unlock()
	if err == nil && (r.folder == nil || !files.equal(r.read)) {
		var made *app.Folder
		if made, err = files.folder(r.id, target.String()); err == nil {
			r.folder, r.read = made, files
		}
	}
	r.asked, r.err = time.Now(), err
	if r.target.Load() != target {
		r.asked = time.Time{} // it has moved meanwhile
	}
	close(r.next)
	r.next = make(chan struct{})
	return target.String(), err
}

// move leads to another address, of which nothing is known yet.
func (r *remote) move(target *url.URL) {
	r.target.Store(target)
	r.mu.Lock()
	r.asked = time.Time{}
	r.mu.Unlock()
	r.want()
}

// want asks for a reading, unless somebody else already has.
func (r *remote) want() {
	select {
	case r.wanted <- struct{}{}:
	default:
	}
}

func (r *remote) ask(ctx context.Context, target *url.URL) (remoteFiles, error) {
	var files remoteFiles
	for _, part := range []struct {
		path string
		into *[]byte
	}{
		{"/api/v1/applicationmetadata?checkOrgApp=false", &files.metadata},
		{"/api/v1/meta/authorizationpolicy", &files.policy},
		{"/api/v1/meta/process", &files.process},
	} {
		content, status, err := r.get(ctx, target, part.path)
		if err == nil && status != http.StatusOK {
			err = fmt.Errorf("GET /%s%s answers %d", r.id, part.path, status)
		}
		if err != nil {
			return files, err
		}
		*part.into = content
	}
	for n, language := range remoteLanguages {
		content, status, err := r.get(ctx, target, "/api/v1/texts/"+language)
		if err != nil {
			return files, err
		}
		if status == http.StatusOK {
			files.texts[n] = content
		}
	}
	return files, nil
}

func (r *remote) get(ctx context.Context, target *url.URL, path string) ([]byte, int, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, target.String()+"/"+r.id+path, nil)
	if err != nil {
		return nil, 0, err
	}
	response, err := r.client.Do(request)
	if err != nil {
		return nil, 0, whySilent(err)
	}
	defer func() { _ = response.Body.Close() }()
	content, err := io.ReadAll(io.LimitReader(response.Body, maxRemoteFile+1))
	if err == nil && len(content) > maxRemoteFile {
		err = fmt.Errorf("GET /%s%s answers with more than %d MiB", r.id, path, maxRemoteFile>>20)
	}
	return content, response.StatusCode, err
}

// whySilent says why there is no answer, in the same words each time.
func whySilent(err error) error {
	if errors.Is(err, syscall.ECONNREFUSED) {
		return errSilent
	}
	if errors.Is(err, context.DeadlineExceeded) {
		return fmt.Errorf("it gives no answer within %v", remotePatience)
	}
	if errors.Is(err, io.EOF) {
		return errors.New("it closes the connection without an answer")
	}
	if number, ok := errors.AsType[syscall.Errno](err); ok {
		return number // without the ports of the connection
	}
	if asking, ok := errors.AsType[*url.Error](err); ok {
		return asking.Err
	}
	return err
}

// folder reads what the process told as the files that it was made of. What the
// platform has no need of is left out: data models, layouts, options.
func (f remoteFiles) folder(id, address string) (*app.Folder, error) {
	metadata, err := app.ParseMetadata(f.metadata)
	if bytes.HasPrefix(bytes.TrimSpace(f.metadata), []byte("<")) {
		return nil, errNoApplication
	}
	if err != nil {
		return nil, fmt.Errorf("read the metadata of %s: %w", id, err)
	}
	if metadata.ID != id {
		return nil, &WrongApplicationError{Wanted: id, Found: metadata.ID, URL: address}
	}
	folder := &app.Folder{
		ID: id, Org: metadata.Org, Metadata: metadata, MetadataJSON: f.metadata, PolicyXML: f.policy, ProcessXML: f.process,
		Texts: make(map[string]app.Texts), HasHooks: true,
	}
	folder.Name = id[len(metadata.Org)+1:]
	if folder.Policy, err = folder.ParsePolicy(f.policy); err != nil {
		return nil, fmt.Errorf("read the policy of %s: %w", id, err)
	}
	if folder.Process, err = process.Parse(f.process); err != nil {
		return nil, fmt.Errorf("read the process of %s: %w", id, err)
	}
	for n, language := range remoteLanguages {
		if f.texts[n] == nil {
			continue
		}
		texts, err := app.ParseTexts(f.texts[n])
		if err != nil {
			return nil, fmt.Errorf("read the texts of %s in %s: %w", id, language, err)
		}
		// An application answers in bokmål where it has no texts in a language.
		if texts.Language == language {
			folder.Texts[language] = texts
		}
	}
	return folder, nil
}
