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

// remote is one application that runs as a process of its own.
type remote struct {
	id      string
	target  atomic.Pointer[url.URL]
	client  *http.Client
	running context.Context // ends with the platform

	mu     sync.Mutex
	folder *app.Folder // nil before it has answered
	read   remoteFiles // what folder was made of
	asked  time.Time
	err    error // of the last attempt
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

// current reads the application, unless it has just been read. With an error, the
// folder is what was read last, if anything was.
func (r *remote) current() (*app.Folder, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	fresh := remoteFresh
	if r.folder == nil {
		fresh = remoteEvery / 2 // it may come up at any moment
	}
	if !r.asked.IsZero() && time.Since(r.asked) < fresh {
		return r.folder, r.err
	}
	ctx, cancel := context.WithTimeout(r.running, remotePatience)
	defer cancel()
	files, err := r.ask(ctx)
	if err == nil && (r.folder == nil || !files.equal(r.read)) {
		var made *app.Folder
		if made, err = files.folder(r.id, r.target.Load().String()); err == nil {
			r.folder, r.read = made, files
		}
	}
	r.asked, r.err = time.Now(), err
	return r.folder, err
}

func (r *remote) ask(ctx context.Context) (remoteFiles, error) {
	var files remoteFiles
	for _, part := range []struct {
		path string
		into *[]byte
	}{
		{"/api/v1/applicationmetadata?checkOrgApp=false", &files.metadata},
		{"/api/v1/meta/authorizationpolicy", &files.policy},
		{"/api/v1/meta/process", &files.process},
	} {
		content, status, err := r.get(ctx, part.path)
		if err == nil && status != http.StatusOK {
			err = fmt.Errorf("GET /%s%s answers %d", r.id, part.path, status)
		}
		if err != nil {
			return files, err
		}
		*part.into = content
	}
	for n, language := range remoteLanguages {
		content, status, err := r.get(ctx, "/api/v1/texts/"+language)
		if err != nil {
			return files, err
		}
		if status == http.StatusOK {
			files.texts[n] = content
		}
	}
	return files, nil
}

func (r *remote) get(ctx context.Context, path string) ([]byte, int, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, r.target.Load().String()+"/"+r.id+path, nil)
	if err != nil {
		return nil, 0, err
	}
	response, err := r.client.Do(request)
	if errors.Is(err, syscall.ECONNREFUSED) {
		return nil, 0, errSilent
	}
	if err != nil {
		return nil, 0, err
	}
	defer func() { _ = response.Body.Close() }()
	content, err := io.ReadAll(io.LimitReader(response.Body, maxRemoteFile+1))
	if err == nil && len(content) > maxRemoteFile {
		err = fmt.Errorf("GET /%s%s answers with more than %d MiB", r.id, path, maxRemoteFile>>20)
	}
	return content, response.StatusCode, err
}

// folder reads what the process told as the files that it was made of. What the
// platform has no need of is left out: data models, layouts, options.
func (f remoteFiles) folder(id, address string) (*app.Folder, error) {
	metadata, err := app.ParseMetadata(f.metadata)
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
