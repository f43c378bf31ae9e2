package local

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/stafett/stafett/app"
	"github.com/stafett/stafett/app/process"
	"github.com/stafett/stafett/local/apphost"
	"github.com/stafett/stafett/local/control"
	"github.com/stafett/stafett/local/register"
	"github.com/stafett/stafett/local/storage"
)

// addToStarted adds what the seeds of the start say besides parties. The stage with
// their instances stays, for resets.
func (p *Platform) addToStarted(ctx context.Context, seedings []*seeding) error {
	for _, s := range seedings {
		if p.born == nil && len(s.seed.Instances) > 0 {
			var err error
			if p.born, err = p.newStage(); err != nil {
				return err
			}
		}
		if err := p.addBesides(ctx, p.born, s); err != nil {
			return seedError(ctx, err)
		}
		p.seed.Instances = append(p.seed.Instances, s.seeded.Instances...)
	}
	if p.born == nil {
		return nil
	}
	return errors.Join(p.born.finish(), p.born.give(ctx, p, time.Time{}))
}

// addBesides adds what a seed says besides parties. Its instances are made on the stage,
// which is nil where there are none.
func (p *Platform) addBesides(ctx context.Context, stage *stage, s *seeding) error {
	if err := p.addRights(s); err != nil {
		return err
	}
	for _, add := range []func() error{
		each("instances", s.seed.Instances, func(given control.SeedInstance) error {
			made, err := stage.make(ctx, s, given)
			if err != nil {
				return err
			}
			s.seeded.Instances = append(s.seeded.Instances, control.SeededInstance{Handle: given.Handle, ID: made, Application: given.Application})
			return claim(s.instances, given.Handle, made)
		}),
		each("delegatedRights", s.seed.DelegatedRights, func(given control.SeedRight) error {
			if given.Instance == "" {
				return nil // addRights has done it
			}
			return p.delegate(s, given)
		}),
	} {
		if err := add(); err != nil {
			return err
		}
	}
	return nil
}

// making is one instance of a seed under way.
type making struct {
	*stage
	given  control.SeedInstance
	folder *app.Folder
	token  string // of who makes it
	id     string
	done   []bool // which of the data are stored
}

// make makes one instance on the stage, and returns its id.
func (s *stage) make(ctx context.Context, sown *seeding, given control.SeedInstance) (string, error) {
	folder, err := s.app(given.Application)
	if err != nil {
		return "", fmt.Errorf("application: %w", err)
	}
	m := &making{stage: s, given: given, folder: folder, done: make([]bool, len(given.Data))}
	if err := m.checkTimes(); err != nil {
		return "", err
	}
	owner, err := sown.party(given.Owner)
	if err != nil {
		return "", fmt.Errorf("owner: %w", err)
	}
	maker, err := m.maker(sown, owner)
	if err != nil {
		return "", fmt.Errorf("by: %w", err)
	}
	if maker == 0 {
		m.token, err = m.owners(ctx)
	} else {
		m.token, err = s.logIn(ctx, fmt.Sprintf("/Home/GetTestUserToken/%d?authenticationLevel=4", maker))
	}
	if err != nil {
		return "", err
	}
	return m.id, m.run(ctx, owner)
}

// owners is the token of the application's owner.
func (m *making) owners(ctx context.Context) (string, error) {
	return m.logIn(ctx, "/Home/GetTestOrgToken/"+url.PathEscape(m.folder.Org)+"?scopes="+url.QueryEscape(strings.Join(names(altinnScopes), " ")))
}

// maker is the user id of who makes the instance; 0 means the application's owner.
func (m *making) maker(sown *seeding, owner register.Party) (int, error) {
	number, _ := m.platform.orgs.Number(m.folder.Org)
	switch {
	case m.given.By == m.folder.Org:
		return 0, nil
	case m.given.By != "":
		party, err := sown.party(m.given.By)
		if err == nil && party.UserID == 0 {
			err = errors.New("an organisation makes nothing by itself; name a person")
		}
		return party.UserID, err
	case owner.UserID != 0 || owner.OrgNumber == number:
		return owner.UserID, nil
	}
	for _, party := range sown.parties.All() {
		if party.UserID != 0 && slices.Contains(sown.parties.Roles(party.UserID, owner.PartyID), "dagl") {
			return party.UserID, nil
		}
	}
	return 0, nil
}

// checkTimes demands that what comes later has a later time, and nothing is still to
// come. It fills in when the instance was made: at the first of those times, or now.
func (m *making) checkTimes() error {
	m.given.Created = cmp.Or(m.given.Created, m.given.Ended, m.given.Confirmed, m.given.SoftDeleted, m.given.HardDeleted, time.Now())
	type moment struct {
		name string
		at   time.Time
	}
	last := moment{"created", m.given.Created}
	for _, next := range []moment{
		last, {"ended", m.given.Ended}, {"confirmed", m.given.Confirmed}, {"softDeleted", m.given.SoftDeleted}, {"hardDeleted", m.given.HardDeleted},
	} {
		switch {
		case next.at.IsZero():
			continue
		case next.at.Before(last.at):
			return fmt.Errorf("%s: it is before %s", next.name, last.name)
		case next.at.After(time.Now()):
			return fmt.Errorf("%s: it is still to come", next.name)
		}
		last = next
	}
	if m.given.Task != "" && !m.given.Ended.IsZero() {
		return errors.New("task: an instance that has ended stands in no task")
	}
	return nil
}

// run does what people, the application's owner and the application have done, one after
// the other.
func (m *making) run(ctx context.Context, owner register.Party) error {
	m.set(m.given.Created)
	if err := m.create(ctx, owner); err != nil {
		return err
	}
	if err := m.advance(ctx); err != nil {
		return err
	}
	if status := m.given.ReadStatus; status != "" {
		address := m.inStorage() + "/readstatus?status=" + url.QueryEscape(status)
		if _, err := m.call(ctx, request{method: "PUT", url: address, token: m.token}); err != nil {
			return fmt.Errorf("readStatus: %w", err)
		}
	}
	if m.given.Substatus != nil {
		if err := m.label(ctx); err != nil {
			return fmt.Errorf("substatus: %w", err)
		}
	}
	if at := m.given.Confirmed; !at.IsZero() {
		if err := m.confirm(ctx, at); err != nil {
			return fmt.Errorf("confirmed: %w", err)
		}
	}
	for _, deleted := range []struct {
		name, query string
		at          time.Time
	}{{"softDeleted", "", m.given.SoftDeleted}, {"hardDeleted", "?hard=true", m.given.HardDeleted}} {
		if deleted.at.IsZero() {
			continue
		}
		m.set(deleted.at)
		if _, err := m.call(ctx, request{method: "DELETE", url: m.address() + deleted.query, token: m.token}); err != nil {
			return fmt.Errorf("%s: %w", deleted.name, err)
		}
	}
	return nil
}

// label sets the substatus, and confirm tells that the instance has been received; both
// for the application's owner.
func (m *making) label(ctx context.Context) error {
	body, err := json.Marshal(storage.Substatus(*m.given.Substatus))
	if err != nil {
		return err
	}
	token, err := m.owners(ctx)
	if err != nil {
		return err
	}
	_, err = m.call(ctx, request{method: "PUT", url: m.address() + "/substatus", token: token, contentType: "application/json", body: body})
	return err
}

func (m *making) confirm(ctx context.Context, at time.Time) error {
	m.set(at)
	token, err := m.owners(ctx)
	if err != nil {
		return err
	}
	_, err = m.call(ctx, request{method: "POST", url: m.address() + "/complete", token: token})
	return err
}

// inApplication is the address of the application, address that of the instance there,
// and inStorage that of the instance in Storage.
func (m *making) inApplication() string {
	return "https://" + m.folder.Org + "." + appsDomain + "/" + m.folder.ID
}
func (m *making) address() string   { return m.inApplication() + "/instances/" + m.id }
func (m *making) inStorage() string { return platformURL + "/storage/api/v1/instances/" + m.id }

func (m *making) create(ctx context.Context, owner register.Party) error {
	template := storage.Instance{InstanceOwner: storage.InstanceOwner{PartyID: strconv.Itoa(owner.PartyID)}}
	if at := m.given.VisibleAfter; !at.IsZero() {
		template.VisibleAfter = &at
	}
	if at := m.given.DueBefore; !at.IsZero() {
		template.DueBefore = &at
	}
	body, err := json.Marshal(template)
	if err != nil {
		return err
	}
	answered, err := m.call(ctx, request{method: "POST", url: m.inApplication() + "/instances", token: m.token, contentType: "application/json", body: body})
	if err != nil {
		return err
	}
	var made struct{ ID string }
	err = json.Unmarshal(answered, &made)
	m.id = made.ID
	return err
}

// read reads the instance where that leaves no trace.
func (m *making) read(ctx context.Context) (in storage.Instance, err error) {
	answered, err := m.call(ctx, request{method: "GET", url: m.inStorage(), token: m.token})
	if err == nil {
		err = json.Unmarshal(answered, &in)
	}
	return in, err
}

// advance stores the data, each in its task, and moves the process to where it is to
// stand.
func (m *making) advance(ctx context.Context) error {
	in, err := m.read(ctx)
	if err != nil {
		return err
	}
	was := make(map[string]bool)
	for {
		if in.Process == nil || in.Process.CurrentTask == nil {
			break
		}
		task := in.Process.CurrentTask
		if err := m.fill(ctx, in); err != nil {
			return err
		}
		if m.given.Ended.IsZero() && (m.given.Task == "" || m.given.Task == task.ElementID) {
			break
		}
		if was[task.ElementID] {
			return fmt.Errorf("%s: the process comes back to %s, and does not get further by itself", m.until(), task.ElementID)
		}
		was[task.ElementID] = true
		if in, err = m.next(ctx, *task); err != nil {
			return fmt.Errorf("%s: %s cannot be left: %w", m.until(), task.ElementID, err)
		}
	}
	if m.given.Task != "" && in.Process.CurrentTask == nil {
		return fmt.Errorf("task: the process ends and does not come to %s", m.given.Task)
	}
	if n := slices.Index(m.done, false); n >= 0 {
		t, _ := m.folder.Metadata.DataType(m.given.Data[n].Type)
		return fmt.Errorf("data[%d]: data type %s belongs to %s, to which the instance does not come", n, t.ID, t.TaskID)
	}
	return nil
}

// until is the member that says where the process is to come.
func (m *making) until() string {
	if m.given.Ended.IsZero() {
		return "task"
	}
	return "ended"
}

// next ends a task the usual way.
func (m *making) next(ctx context.Context, task storage.ProcessTask) (in storage.Instance, err error) {
	m.set(cmp.Or(m.given.Ended, m.given.Created))
	body, err := json.Marshal(map[string]string{"action": process.DefaultAction(task.AltinnTaskType)})
	if err != nil {
		return in, err
	}
	if _, err := m.call(ctx, request{method: "PUT", url: m.address() + "/process/next", token: m.token, contentType: "application/json", body: body}); err != nil {
		return in, err
	}
	return m.read(ctx)
}

// fill stores the data of the current task, and those of no task.
func (m *making) fill(ctx context.Context, in storage.Instance) error {
	for n, given := range m.given.Data {
		t, ok := m.folder.Metadata.DataType(given.Type)
		if !ok {
			return fmt.Errorf("data[%d].type: application %s has no data type %q; it has %s", n, m.folder.ID, given.Type, dataTypes(m.folder))
		}
		if m.done[n] || t.TaskID != "" && t.TaskID != in.Process.CurrentTask.ElementID {
			continue
		}
		m.done[n] = true
		r := request{
			method: "POST", url: m.address() + "/data?dataType=" + url.QueryEscape(t.ID), token: m.token,
			contentType: cmp.Or(given.ContentType, apphost.MediaType(given.Filename)), filename: given.Filename, body: given.Content,
		}
		if t.IsFormData() && r.contentType == "application/json" {
			if err := checkFields(m.folder.Models[t.ID], given.Content); err != nil {
				return fmt.Errorf("data[%d]: %w", n, err)
			}
		}
		if made := slices.IndexFunc(in.Data, func(e storage.DataElement) bool { return e.DataType == t.ID }); t.IsFormData() && made >= 0 {
			r.method, r.url = "PUT", m.address()+"/data/"+in.Data[made].ID
			in.Data = slices.Delete(slices.Clone(in.Data), made, made+1) // the next one is another
		}
		if _, err := m.call(ctx, r); err != nil {
			return fmt.Errorf("data[%d]: the application refuses it as %s: %w", n, t.ID, err)
		}
	}
	return nil
}

func dataTypes(folder *app.Folder) string {
	var ids []string
	for _, t := range folder.Metadata.DataTypes {
		ids = append(ids, t.ID)
	}
	return listed(ids)
}
