package inbox

import (
	"net/url"
	"strconv"
	"time"

	"github.com/stafett/stafett/local/storage"
	"github.com/stafett/stafett/local/web/api"
	"github.com/stafett/stafett/local/web/frame"
)

// usualLevel is the authentication level below which most applications show
// nothing: Storage leaves what takes more out of a list without a word.
const usualLevel = 2

// pageSize is how many instances one page asks Storage for.
const pageSize = 25

// listPage is the page of one folder.
type listPage struct {
	Party   frame.Party
	Parties []partyLink // empty for a person with one only
	Folder  folder
	Folders []folderLink
	Entries []entry
	// LowLevel tells that much may be left out, since the person is logged in at
	// a low level.
	LowLevel   bool
	UsualLevel int
	// Waiting is how many on this page are not visible yet. They are among the
	// entries if ShowWaiting.
	Waiting     int
	ShowWaiting bool
	// WaitingPath is this page with those shown, or without; NextPath and
	// FirstPath the other pages, empty where there are none.
	WaitingPath, NextPath, FirstPath string
	// News is where a script asks whether there is more, and Here this page.
	News, Here string
}

// partyLink leads to one of the inboxes that the person has.
type partyLink struct {
	Name, Path string
	Unread     string // how many are; empty for none
	Current    bool
}

type folderLink struct {
	Key, Path string
	Current   bool
}

// entry is one instance in a list.
type entry struct {
	Path, Reference string
	// Title is the application's, and Text what tells this instance from others;
	// empty if it has no presentation texts.
	Title, Text string
	Unread      *label
	Status      label
	Substatus   *storage.Substatus
	Changed     time.Time
	By          string // who changed it; empty if that is not known
	Due         *time.Time
	Overdue     bool
	// Visible is set for one that the party is not to see yet.
	Visible *time.Time
}

func (a *area) list(c *frame.Call) (frame.Answer, error) {
	party, err := partyOf(c)
	if err != nil {
		return frame.Answer{}, err
	}
	c.ActFor(party.ID)
	query := c.URL.Query()
	page := listPage{
		Party: party, Folder: folderOf(query), ShowWaiting: query.Get("waiting") == "show",
		LowLevel: c.Level < usualLevel, UsualLevel: usualLevel,
	}
	ask := page.Folder.query()
	ask.Size, ask.Token = pageSize, query.Get("page")
	found, err := c.API().Instances(c.Context(), party.ID, ask)
	if err != nil {
		return frame.Answer{}, err
	}
	known := newApplications(c)
	now := a.cfg.Now()
	for _, in := range found.Instances {
		metadata := known.of(in.AppID)
		if hidden(metadata, in) {
			continue
		}
		made := newEntry(c, in, now)
		if made.Visible != nil {
			page.Waiting++
			if !page.ShowWaiting {
				continue
			}
		}
		made.Title, made.Text = titleOf(metadata, in.AppID, c.Language), presentationOf(metadata, in.PresentationTexts)
		made.Substatus = known.substatus(in.AppID, in.Status.Substatus)
		page.Entries = append(page.Entries, made)
	}
	page.Parties = partyLinks(c, party, known, now)
	page.link(ask.Token, found.Next, newest(found.Instances))
	title := c.T("title", party.Name)
	if page.Folder != active {
		title = c.T("title.folder", party.Name, c.T("folder."+string(page.Folder)))
	}
	return frame.Show("list", title, page), nil
}

// partyLinks lists the inboxes of a person who has more than one, with what is
// unread in their first folder. One that cannot be read has nothing to tell.
func partyLinks(c *frame.Call, at frame.Party, known *applications, now time.Time) []partyLink {
	if len(c.Person.Parties) == 1 {
		return nil
	}
	var links []partyLink
	for _, party := range c.Person.Parties {
		link := partyLink{Name: party.Name, Path: active.path(strconv.Itoa(party.ID)), Current: party.ID == at.ID}
		if found, err := c.API().Instances(c.Context(), party.ID, active.query()); err == nil {
			link.Unread = unreadText(c, found, known, now)
		}
		links = append(links, link)
	}
	return links
}

// unreadText says how many of a list are unread; empty for none.
func unreadText(c *frame.Call, found api.Page, known *applications, now time.Time) string {
	unread := 0
	for _, in := range found.Instances {
		if unreadOf(in) != nil && waiting(in, now) == nil && !hidden(known.of(in.AppID), in) {
			unread++
		}
	}
	switch {
	case unread == 0:
		return ""
	case found.Next != "":
		return c.T("unread.many", unread)
	case unread == 1:
		return c.T("unread.one")
	}
	return c.T("unread.some", unread)
}

// newEntry tells of an instance what needs no application.
func newEntry(c *frame.Call, in api.Instance, now time.Time) entry {
	made := entry{
		Path: "/inbox/" + in.ID, Reference: in.Reference(), Unread: unreadOf(in), Status: statusOf(in), By: whoIs(c, in.LastChangedBy),
		Due: in.DueBefore, Visible: waiting(in, now),
	}
	if in.LastChanged != nil {
		made.Changed = *in.LastChanged
	}
	made.Overdue = in.DueBefore != nil && now.After(*in.DueBefore) && !in.Ended()
	return made
}

// waiting tells from when the party is to see an instance, if that is in the
// future.
func waiting(in api.Instance, now time.Time) *time.Time {
	if in.VisibleAfter != nil && in.VisibleAfter.After(now) {
		return in.VisibleAfter
	}
	return nil
}

// newest is the time of the latest change, by Storage's clock; zero for none.
func newest(instances []api.Instance) time.Time {
	var latest time.Time
	for _, in := range instances {
		if in.LastChanged != nil && in.LastChanged.After(latest) {
			latest = *in.LastChanged
		}
	}
	return latest
}

// link sets the addresses of other pages. Only the first page tells of news: on
// the others nothing new comes.
func (p *listPage) link(token, next string, latest time.Time) {
	id := strconv.Itoa(p.Party.ID)
	for _, f := range folders {
		p.Folders = append(p.Folders, folderLink{Key: "folder." + string(f), Path: f.path(id), Current: f == p.Folder})
	}
	address := func(token string, show bool) string {
		query := url.Values{}
		if p.Folder != active {
			query.Set("folder", string(p.Folder))
		}
		if token != "" {
			query.Set("page", token)
		}
		if show {
			query.Set("waiting", "show")
		}
		if len(query) == 0 {
			return "/inbox/" + id
		}
		return "/inbox/" + id + "?" + query.Encode()
	}
	p.Here, p.WaitingPath = address(token, p.ShowWaiting), address(token, !p.ShowWaiting)
	if next != "" {
		p.NextPath = address(next, p.ShowWaiting)
	}
	if token != "" {
		p.FirstPath = address("", p.ShowWaiting)
		return
	}
	p.News = "/inbox/" + id + "/news?" + url.Values{
		"folder": {string(p.Folder)}, "since": {latest.UTC().Format(time.RFC3339Nano)},
	}.Encode()
}
