package api_test

import (
	"encoding/json"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/stafett/stafett/local/web/api"
)

// A person does everything that a form needs, from the beginning to the receipt.
func TestAFormFromBeginningToEnd(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ctx, maret := t.Context(), w.person(0)
	party := w.platform.Seed().Persons[0].PartyID

	made, err := maret.Create(ctx, original, party)
	must(t, err)
	if made.Owner() != party || made.Task() != "Task_1" || made.Ended() || len(made.Reference()) != 12 || !strings.HasSuffix(made.GUID(), made.Reference()) {
		t.Errorf("made %+v", made)
	}
	found, err := maret.Instance(ctx, original, made.ID)
	must(t, err)
	if found.OwnerName != w.platform.Seed().Persons[0].Name || found.Status.ReadStatus != "Read" {
		t.Errorf("owner %q, %s", found.OwnerName, found.Status.ReadStatus)
	}
	form := found.DataOf("skjema")[0].ID
	active, err := maret.Active(ctx, original, party)
	must(t, err)
	if len(active) != 1 || active[0].ID != made.ID || active[0].LastChanged.IsZero() || active[0].LastChangedBy != found.OwnerName {
		t.Errorf("active %+v", active)
	}

	// What is empty does not leave the task, and says why.
	stuck, err := maret.Next(ctx, original, made.ID, "")
	refusal := refusalOf(t, err, http.StatusConflict)
	if len(refusal.Issues) == 0 || !refusal.Issues[0].IsError() || refusal.Issues[0].DataElementID != form || stuck.CurrentTask != nil {
		t.Errorf("refusal %+v", refusal)
	}
	issues, err := maret.Validate(ctx, original, made.ID)
	must(t, err)
	if len(issues) != len(refusal.Issues) {
		t.Errorf("%d issues, at the end of the task %d", len(issues), len(refusal.Issues))
	}

	patched, err := maret.Patch(ctx, original, made.ID, form, filledIn())
	must(t, err)
	if len(patched.Issues) != 0 || patched.Instance.ID != made.ID {
		t.Errorf("issues %+v", patched.Issues)
	}
	data, err := maret.FormData(ctx, original, made.ID, form)
	must(t, err)
	vehicle := data["Kjoretoy"].([]any)[0].(map[string]any)
	if data["Begrunnelse"] != "Đat lea ŋuolga ŧ ž." || vehicle["Vekt"] != json.Number("412.5") {
		t.Errorf("data %v", data)
	}
	if was := patched.Data["Kjoretoy"].([]any)[0].(map[string]any); was["Vekt"] != vehicle["Vekt"] {
		t.Errorf("the patch answered %v", was)
	}
	// A test keeps another's change from being lost.
	_, err = maret.Patch(ctx, original, made.ID, form, []api.Operation{
		{Op: "test", Path: "/Begrunnelse", Value: "what was shown before"}, {Op: "replace", Path: "/Begrunnelse", Value: "mine"},
	})
	refused(t, err, http.StatusConflict)
	_, err = maret.Patch(ctx, original, made.ID, form, []api.Operation{{Op: "remove", Path: "/Nowhere"}})
	refused(t, err, http.StatusUnprocessableEntity)

	map1 := upload(t, maret, made.ID, "kart čšž \"1\".png", "image/png", "\x89PNG\r\n\x1a\n map", 12)
	if map1.Filename != "kart čšž \"1\".png" {
		t.Errorf("file name %q", map1.Filename)
	}
	map2 := upload(t, maret, made.ID, "kart.pdf", "application/pdf", "%PDF-1.7", -1)
	must(t, maret.Remove(ctx, original, made.ID, map2.ID))
	content, err := maret.Download(ctx, original, made.ID, map1.ID)
	must(t, err)
	if content.ContentType != "image/png" || content.Filename != map1.Filename || content.Size != map1.Size || read(t, content) != "\x89PNG\r\n\x1a\n map" {
		t.Errorf("content %+v", content)
	}

	state, err := maret.Next(ctx, original, made.ID, "")
	must(t, err)
	if state.CurrentTask == nil || state.CurrentTask.Type != "confirmation" || !state.CurrentTask.Actions["confirm"] {
		t.Fatalf("state %+v", state)
	}
	state, err = maret.Process(ctx, original, made.ID)
	must(t, err)
	if len(state.Tasks) < 2 || state.Tasks[0].Type != "data" || state.CurrentTask.ID == "Task_1" || state.Started == nil {
		t.Errorf("process %+v", state)
	}
	state, err = maret.Next(ctx, original, made.ID, "reject")
	must(t, err)
	if state.CurrentTask.ID != "Task_1" || !state.CurrentTask.Write {
		t.Errorf("after going back: %+v", state.CurrentTask)
	}
	for _, action := range []string{"", "confirm"} {
		state, err = maret.Next(ctx, original, made.ID, action)
		must(t, err)
	}
	if state.Ended == nil || state.CurrentTask != nil {
		t.Errorf("end %+v", state)
	}
	_, err = maret.Validate(ctx, original, made.ID)
	refused(t, err, http.StatusConflict)

	sent, err := maret.Stored(ctx, made.ID)
	must(t, err)
	if !sent.Ended() || !sent.Status.IsArchived || sent.PresentationTexts["omrade"] != "Iešjávri" || sent.Task() != "" {
		t.Errorf("sent %+v", sent)
	}
	pdf, err := maret.Download(ctx, original, made.ID, sent.DataOf("ref-data-as-pdf")[0].ID)
	must(t, err)
	if !strings.HasPrefix(read(t, pdf), "%PDF-") || !strings.HasSuffix(pdf.Filename, ".pdf") {
		t.Errorf("PDF %+v", pdf)
	}
	xml, err := maret.Download(ctx, original, made.ID, form)
	must(t, err)
	if !strings.Contains(read(t, xml), "<Omrade>Iešjávri</Omrade>") {
		t.Error("a form is not downloaded as XML")
	}
	history, err := maret.History(ctx, made.ID)
	must(t, err)
	if len(history) == 0 || history[0].EventType != "process_StartEvent" || history[0].Created == nil || history[0].User == nil || history[0].User.UserID == nil {
		t.Errorf("history %+v", history)
	}
	for _, e := range history[2:] { // after the beginning, which is that of the first task too
		if !e.Created.After(*history[0].Created) {
			t.Errorf("%s has the time of the beginning, %v", e.EventType, e.Created)
		}
	}
	if active, err = maret.Active(ctx, original, party); err != nil || len(active) != 0 {
		t.Errorf("active at the end: %+v, %v", active, err)
	}
}

func upload(t testing.TB, c *api.Client, id, name, contentType, content string, size int64) api.DataElement {
	t.Helper()
	// A reader that is nothing else, so that it can be read but once.
	element, err := c.Upload(t.Context(), original, id, "kart", name, contentType, io.MultiReader(strings.NewReader(content)), size)
	must(t, err)
	if element.DataType != "kart" || element.Size != int64(len(content)) {
		t.Errorf("element %+v", element)
	}
	return element
}

// Files that are not taken say why; nothing more than needed is read.
func TestUploadsThatAreRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	maret := w.person(0)
	made, err := maret.Create(t.Context(), original, w.platform.Seed().Persons[0].PartyID)
	must(t, err)
	for name, c := range map[string]struct {
		filename, contentType, dataType string
		body                            io.Reader
		size                            int64
		status                          int
		code                            string
	}{
		"kind":           {"kart.txt", "text/plain", "kart", strings.NewReader("text"), 4, http.StatusBadRequest, "ContentTypeNotAllowed"},
		"extension":      {"kart.png", "application/pdf", "kart", strings.NewReader("%PDF"), 4, http.StatusBadRequest, "InvalidFileNameFormat"},
		"empty":          {"kart.png", "image/png", "kart", strings.NewReader(""), -1, http.StatusBadRequest, ""},
		"said too large": {"kart.png", "image/png", "kart", endless{}, 11 << 20, http.StatusBadRequest, "DataElementTooLarge"},
		"found so":       {"kart.png", "image/png", "kart", io.LimitReader(endless{}, 11<<20), -1, http.StatusRequestEntityTooLarge, ""},
		"data type":      {"kart.png", "image/png", "nothing", strings.NewReader("x"), 1, http.StatusBadRequest, ""},
		"own PDF":        {"a.pdf", "application/pdf", "ref-data-as-pdf", strings.NewReader("x"), 1, http.StatusForbidden, ""},
	} {
		_, err := maret.Upload(t.Context(), original, made.ID, c.dataType, c.filename, c.contentType, c.body, c.size)
		refusal := refusalOf(t, err, c.status)
		if c.code != "" && !slices.ContainsFunc(refusal.Issues, func(i api.Issue) bool { return i.Code == c.code }) {
			t.Errorf("%s: %+v", name, refusal)
		}
	}
}

// The inbox of a party comes page by page; the receiving organisation's manager
// sees what the organisation's own token has made.
func TestLists(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ctx, seed := t.Context(), w.platform.Seed()
	manager, owner, stranger := w.person(1), w.owner(), w.person(0)
	agency := seed.Organisations[0].PartyID

	parties, err := manager.Parties(ctx, seed.Persons[1].UserID)
	must(t, err)
	if len(parties) != 2 || !parties[0].IsPerson() || parties[0].ID != seed.Persons[1].PartyID || parties[1].ID != agency || parties[1].IsPerson() || parties[1].UnitType != "ORGL" {
		t.Errorf("parties %+v", parties)
	}
	var made []string
	for range 3 {
		in, err := owner.Create(ctx, receiving, agency)
		must(t, err)
		made = append(made, in.ID)
	}
	var listed []string
	for token, pages := "", 0; ; pages++ {
		page, err := manager.Instances(ctx, agency, api.Query{AppID: receiving, Size: 2, Token: token})
		must(t, err)
		for _, in := range page.Instances {
			listed = append(listed, in.ID)
			if in.Status.ReadStatus != "Unread" {
				t.Errorf("read status %s", in.Status.ReadStatus)
			}
		}
		if token = page.Next; token == "" {
			break
		}
		if pages > 3 {
			t.Fatal("the list has no end")
		}
	}
	slices.Reverse(listed)
	if !slices.Equal(listed, made) {
		t.Errorf("listed %v, made %v", listed, made)
	}

	opened, err := manager.Instance(ctx, receiving, made[0])
	must(t, err)
	if opened.Status.ReadStatus != "Read" || opened.OwnerName != seed.Organisations[0].Name {
		t.Errorf("opened: %s, %q", opened.Status.ReadStatus, opened.OwnerName)
	}
	must(t, manager.ReadStatus(ctx, made[0], "Unread"))
	if again, err := manager.Stored(ctx, made[0]); err != nil || again.Status.ReadStatus != "Unread" {
		t.Errorf("marked: %+v, %v", again.Status, err)
	}

	refused(t, stranger.Delete(ctx, receiving, made[1]), http.StatusForbidden)
	must(t, manager.Delete(ctx, receiving, made[1]))
	yes, no := true, false
	for _, c := range []struct {
		q    api.Query
		want int
	}{{api.Query{SoftDeleted: &yes}, 1}, {api.Query{SoftDeleted: &no}, 2}, {api.Query{Archived: &yes}, 0}, {api.Query{Archived: &no}, 3}, {api.Query{AppID: original}, 0}} {
		page, err := manager.Instances(ctx, agency, c.q)
		if err != nil || len(page.Instances) != c.want {
			t.Errorf("%+v: %d instances, %v", c.q, len(page.Instances), err)
		}
	}

	if page, err := stranger.Instances(ctx, agency, api.Query{}); err != nil || len(page.Instances) != 0 {
		t.Errorf("a stranger sees %d instances, %v", len(page.Instances), err)
	}
	_, err = stranger.Stored(ctx, made[0])
	refused(t, err, http.StatusForbidden)
	_, err = stranger.Create(ctx, receiving, agency)
	refused(t, err, http.StatusForbidden)
}
