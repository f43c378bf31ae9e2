package storage_test

import (
	"encoding/base64"
	"io"
	"io/fs"
	"mime"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stafett/stafett/app"
	"github.com/stafett/stafett/local/storage"
)

func TestUpload(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	token := w.fts()
	i := w.create(receiving, token, template(ferdsel))
	w.advance(time.Second)
	got := w.want(201, w.call("POST", base+"/instances/"+i.ID+"/data?dataType=vedlegg&refs=r1,r2&refs=r3", token, "%PDF-1.7",
		"Content-Type", "application/pdf", "Content-Disposition", `attachment; filename="a.pdf"; filename*=UTF-8''kart%20%C3%A5.pdf`))
	e := decode[storage.DataElement](w, got)
	link := base + "/instances/" + i.ID + "/data/" + e.ID
	if got.Header.Get("Location") != platform+link || e.SelfLinks.Platform != platform+link ||
		e.SelfLinks.Apps != "https://fts.apps.tt02.altinn.no/fts/saksmottak/instances/"+i.ID+"/data/"+e.ID {
		t.Errorf("Location %s, links %+v", got.Header.Get("Location"), e.SelfLinks)
	}
	_, guid, _ := strings.Cut(i.ID, "/")
	if e.Filename != "kart å.pdf" || e.ContentType != "application/pdf" || e.Size != 8 || e.DataType != "vedlegg" ||
		e.InstanceGUID != guid || e.BlobStoragePath != "fts/saksmottak/"+guid+"/data/"+e.ID || e.Locked || e.IsRead ||
		e.FileScanResult != "NotApplicable" || e.CreatedBy != "313547264" || !e.Created.Equal(w.now()) || e.ContentHash != "" {
		t.Errorf("element %+v", e)
	}
	if !slices.Equal(e.Refs, []string{"r1", "r2", "r3"}) {
		t.Errorf("refs %v", e.Refs)
	}
	if again := w.get(i.ID, token); len(again.Data) != 1 || !again.LastChanged.Equal(w.now()) {
		t.Errorf("the instance has %d elements, changed %v", len(again.Data), again.LastChanged)
	}

	content := w.want(200, w.call("GET", link, token, nil))
	_, params, err := mime.ParseMediaType(content.Header.Get("Content-Disposition"))
	if content.body != "%PDF-1.7" || content.Header.Get("Content-Type") != "application/pdf" || err != nil || params["filename"] != "kart å.pdf" {
		t.Errorf("content %q, %v", content.body, content.Header)
	}
	if mine := w.upload(w.create(original, w.person(kari), template(karisParty)).ID, w.person(kari), "kart", "x", ""); !mine.IsRead {
		t.Error("what a person uploaded is unread")
	}
}

func TestUploadRefusals(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(c *storage.Config) { c.MaxDataSize = 10 })
	token := w.fts()
	i := w.create(receiving, token, template(ferdsel))
	at := base + "/instances/" + i.ID + "/data?dataType="
	w.wantText(400, w.call("POST", at+"ukjent", token, "x"))
	w.wantText(400, w.call("POST", at, token, "x"))
	w.wantText(400, w.call("POST", at+"vedlegg", token, ""))
	w.wantText(413, w.call("POST", at+"vedlegg", token, "12345678901"))
	w.wantEmpty(403, w.call("POST", at+"vedlegg", w.person(kari), "x"))
	w.wantEmpty(401, w.call("POST", at+"vedlegg", "", "x"))
	w.want(201, w.call("POST", at+"vedlegg", token, "1234567890"))
	// Number and size are the application's own business.
	for range 3 {
		w.want(201, w.call("POST", at+"kildePdf", token, "x"))
	}
	if got := blobs(t, w); len(got) != 4 {
		t.Errorf("%d files for four elements: %v", len(got), got)
	}
}

// blobs lists the files that hold bytes.
func blobs(t *testing.T, w *world) []string {
	t.Helper()
	var files []string
	err := filepath.WalkDir(filepath.Join(w.config.Dir, "blobs"), func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			files = append(files, path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// half gives some bytes and then fails, as a client that goes away.
type half struct{ done bool }

func (h *half) Read(p []byte) (int, error) {
	if h.done {
		return 0, io.ErrUnexpectedEOF
	}
	h.done = true
	return copy(p, "begun"), nil
}

func TestUploadThatBreaksOffLeavesNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	token := w.fts()
	i := w.create(receiving, token, template(ferdsel))
	w.want(500, w.call("POST", base+"/instances/"+i.ID+"/data?dataType=vedlegg", token, &half{}))
	if got := blobs(t, w); len(got) != 0 || len(w.get(i.ID, token).Data) != 0 {
		t.Errorf("files %v", got)
	}
}

func TestReplaceData(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	token := w.fts()
	i := w.create(receiving, token, template(ferdsel))
	e := w.upload(i.ID, token, "vedlegg", "old", "")
	at := base + "/instances/" + i.ID + "/data/" + e.ID
	w.advance(time.Second)
	got := decode[storage.DataElement](w, w.want(200, w.call("PUT", at+"?refs=r1", token, "newer", "Content-Type", "image/png")))
	if got.ID != e.ID || got.Size != 5 || got.ContentType != "image/png" || got.Filename != e.Filename ||
		!got.LastChanged.Equal(w.now()) || !got.Created.Equal(*e.Created) || !slices.Equal(got.Refs, []string{"r1"}) {
		t.Errorf("element %+v", got)
	}
	if content := w.want(200, w.call("GET", at, token, nil)); content.body != "newer" {
		t.Errorf("content %q", content.body)
	}
	if files := blobs(t, w); len(files) != 1 {
		t.Errorf("the old bytes are kept: %v", files)
	}
	w.wantText(422, w.call("PUT", at, token, ""))
	unknown := base + "/instances/" + i.ID + "/data/00000000-0000-4000-8000-000000000000"
	w.wantText(404, w.call("PUT", unknown, token, "x"))
	w.wantText(404, w.call("GET", unknown, token, nil))
	w.wantText(404, w.call("DELETE", unknown, token, nil))
}

func TestLockedDataStays(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	token := w.fts()
	i := w.create(receiving, token, template(ferdsel))
	e := w.upload(i.ID, token, "vedlegg", "old", "")
	at := base + "/instances/" + i.ID + "/data/" + e.ID
	w.advance(time.Second)
	locked := w.want(201, w.call("PUT", at+"/lock", token, nil))
	if got := decode[storage.DataElement](w, locked); !got.Locked || !got.LastChanged.Equal(*e.LastChanged) || locked.Header.Get("Location") != e.ID {
		t.Errorf("locked: %+v, Location %s", got, locked.Header.Get("Location"))
	}
	w.want(200, w.call("PUT", at+"/lock", token, nil)) // it was locked already
	w.wantText(409, w.call("PUT", at, token, "new"))
	if files := blobs(t, w); len(files) != 1 {
		t.Errorf("a refused replacement leaves its bytes: %v", files)
	}
	if got := decode[storage.DataElement](w, w.want(200, w.call("DELETE", at+"/lock", token, nil))); got.Locked {
		t.Error("still locked")
	}
	w.want(200, w.call("PUT", at, token, "new"))
	w.wantEmpty(403, w.call("PUT", at+"/lock", w.person(ola), nil))
	w.want(201, w.call("PUT", at+"/lock", token, nil))
	w.want(200, w.call("DELETE", at, token, nil)) // a lock keeps nobody from deleting
	w.wantEmpty(404, w.call("PUT", at+"/lock", token, nil))
}

func TestDeleteData(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	token := w.fts()
	i := w.create(receiving, token, template(ferdsel))
	e := w.upload(i.ID, token, "vedlegg", "bytes", "")
	at := base + "/instances/" + i.ID + "/data/" + e.ID
	w.wantText(400, w.call("DELETE", at+"?delay=true", token, nil))
	if got := decode[storage.DataElement](w, w.want(200, w.call("DELETE", at, token, nil))); got.ID != e.ID {
		t.Errorf("answer %+v", got)
	}
	w.wantText(404, w.call("DELETE", at, token, nil))
	if files := blobs(t, w); len(files) != 0 || len(w.get(i.ID, token).Data) != 0 {
		t.Errorf("left behind: %v", files)
	}

	w.apps[receiving].Metadata.DataTypes = append(w.apps[receiving].Metadata.DataTypes,
		app.DataType{ID: "kladd", AppLogic: &app.AppLogic{AutoDeleteOnProcessEnd: true}})
	draft := w.upload(i.ID, token, "kladd", "bytes", "")
	got := decode[storage.DataElement](w, w.want(200, w.call("DELETE", base+"/instances/"+i.ID+"/data/"+draft.ID+"?delay=true", token, nil)))
	if got.DeleteStatus == nil || !got.DeleteStatus.IsHardDeleted || len(w.get(i.ID, token).Data) != 1 {
		t.Errorf("delayed: %+v", got.DeleteStatus)
	}
}

func TestElementMetadata(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	token := w.fts()
	i := w.create(receiving, token, template(ferdsel))
	e := w.upload(i.ID, token, "vedlegg", "bytes", "")
	w.upload(i.ID, token, "vedlegg", "more", "")
	all := decode[struct{ DataElements []storage.DataElement }](w, w.want(200, w.call("GET", base+"/instances/"+i.ID+"/dataelements", token, nil)))
	if len(all.DataElements) != 2 || all.DataElements[0].ID != e.ID || all.DataElements[0].SelfLinks == nil {
		t.Errorf("elements %+v", all)
	}
	at := base + "/instances/" + i.ID + "/dataelements/" + e.ID
	changed := e
	changed.Tags, changed.Size, changed.CreatedBy = []string{"viktig"}, 99, "someone"
	got := decode[storage.DataElement](w, w.want(200, w.call("PUT", at, token, changed)))
	if !slices.Equal(got.Tags, []string{"viktig"}) || got.Size != 5 || got.CreatedBy != "313547264" {
		t.Errorf("element %+v", got)
	}
	if types := eventTypes(w, i.ID, token, ""); slices.Contains(types, "Saved") {
		t.Errorf("events %v: metadata leaves none", types)
	}
	changed.LastChanged, changed.LastChangedBy = new(w.now().Add(time.Hour)), "99"
	changed.UserMetadata = []storage.KeyValue{{Key: "a", Value: "b"}}
	w.want(200, w.call("PUT", at, token, changed))
	if got := w.get(i.ID, token); !got.LastChanged.Equal(*changed.LastChanged) || got.LastChangedBy != "99" || len(got.Data[0].UserMetadata) != 1 {
		t.Errorf("changed %v by %s, element %+v", got.LastChanged, got.LastChangedBy, got.Data[0])
	}
	changed.DataType = "ukjent"
	w.wantText(400, w.call("PUT", at, token, changed))
	changed.ID = "another"
	w.wantText(400, w.call("PUT", at, token, changed))
	changed.ID, changed.InstanceGUID = e.ID, "another"
	w.wantText(400, w.call("PUT", at, token, changed))
}

func TestFileScan(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	types := w.apps[receiving].Metadata.DataTypes
	for n := range types {
		types[n].EnableFileScan = types[n].ID == "vedlegg"
	}
	token := w.fts()
	i := w.create(receiving, token, template(ferdsel))
	e := w.upload(i.ID, token, "vedlegg", "bytes", "")
	if e.FileScanResult != "Pending" {
		t.Errorf("scan result %s, want Pending", e.FileScanResult)
	}
	at := base + "/instances/" + i.ID + "/dataelements/" + e.ID + "/filescanstatus"
	// Only the platform, which shows a token of its own.
	expired := "x." + base64.RawURLEncoding.EncodeToString([]byte(`{"exp":1}`)) + ".x"
	w.wantEmpty(403, w.call("PUT", at, token, `{"fileScanResult":"Clean"}`))
	w.wantEmpty(401, w.call("PUT", at, "", `{"fileScanResult":"Clean"}`))
	w.wantEmpty(401, w.call("PUT", at, "", `{"fileScanResult":"Clean"}`, "PlatformAccessToken", expired))
	w.wantEmpty(200, w.call("PUT", at, "", `{"fileScanResult":"Clean"}`, "PlatformAccessToken", "scanner"))
	w.wantInvalid(w.call("PUT", at, "", `{"fileScanResult":"Fine"}`, "PlatformAccessToken", "scanner"))
	if got := w.get(i.ID, token).Data[0].FileScanResult; got != "Clean" {
		t.Errorf("scan result %s, want Clean", got)
	}
	w.want(200, w.call("PUT", base+"/instances/"+i.ID+"/data/"+e.ID, token, "new"))
	if got := w.get(i.ID, token).Data[0].FileScanResult; got != "Pending" {
		t.Errorf("scan result after a replacement %s, want Pending", got)
	}
}

func TestReadingMarksAsRead(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	i := w.create(lenient, w.fts(), template(karisParty))
	e := w.upload(i.ID, w.fts(), "vedlegg", "bytes", "")
	at := base + "/instances/" + i.ID + "/data/" + e.ID
	w.want(200, w.call("GET", at, w.fts(), nil))
	if w.get(i.ID, w.fts()).Data[0].IsRead {
		t.Error("read by the service owner counts")
	}
	w.want(200, w.call("GET", at, w.person(kari), nil))
	if got := w.get(i.ID, w.fts()); !got.Data[0].IsRead || !got.LastChanged.Equal(*e.LastChanged) {
		t.Error("read by the recipient does not count, or counts as a change")
	}
}

func TestBytesThatAreGoneAre404(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	token := w.fts()
	i := w.create(receiving, token, template(ferdsel))
	e := w.upload(i.ID, token, "vedlegg", "bytes", "")
	if err := os.Remove(blobs(t, w)[0]); err != nil {
		t.Fatal(err)
	}
	w.wantText(404, w.call("GET", base+"/instances/"+i.ID+"/data/"+e.ID, token, nil))
}
