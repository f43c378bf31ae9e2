package fill

import (
	"github.com/stafett/stafett/app"
	"github.com/stafett/stafett/app/process"
	"github.com/stafett/stafett/local/web/api"
	"github.com/stafett/stafett/local/web/definition"
	"github.com/stafett/stafett/local/web/form"
	"github.com/stafett/stafett/local/web/frame"
)

// given is everything that an instance holds, to be read only.
type given struct {
	Answers []answers
	PDF     []form.File // those that the platform has made of the forms
	Files   []form.File // the others
}

// answers is what is filled in on one form.
type answers struct{ Sections []form.Section }

// given reads every form that the process has asked for so far, and lists the
// files.
func (a *area) given(c *frame.Call, s *standing) (given, error) {
	var all given
	read := make(map[string]bool) // data types: two tasks may share a form
	for _, task := range s.process.Tasks {
		if task.Type != process.TypeData {
			continue
		}
		d, err := a.definitions.Load(c.Context(), s.client, s.app, task.ID, s.place.instance)
		if err != nil {
			return given{}, err
		}
		all.PDF, all.Files = split(definition.Files(d, s.instance))
		if _, filled := d.Element(s.instance); d.Form == nil || !filled || read[d.DataType] {
			continue
		}
		read[d.DataType] = true
		state, err := d.State(c.Context(), s.client, s.instance)
		if err != nil {
			return given{}, lacking("read", err)
		}
		state.Now = a.now()
		all.Answers = append(all.Answers, answers{d.Form.Answers(state)})
	}
	return all, nil
}

// split parts the PDFs that the platform makes from other files.
func split(files []form.File) (pdf, others []form.File) {
	for _, file := range files {
		if file.DataType == app.PDFDataType {
			pdf = append(pdf, file)
		} else {
			others = append(others, file)
		}
	}
	return pdf, others
}

// receiptPage is what a person keeps of a form that has been sent in.
type receiptPage struct {
	App, Base        string
	Inbox, Story     string // where this form is in the inbox and in the timeline
	Reference        string
	Instance         api.Instance
	Sender, Receiver string
	given
}

func (a *area) showReceipt(c *frame.Call, s *standing) (frame.Answer, error) {
	metadata, err := s.client.Metadata(c.Context(), s.app)
	if err != nil {
		return frame.Answer{}, err
	}
	texts, err := s.client.Texts(c.Context(), s.app)
	if err != nil {
		return frame.Answer{}, err
	}
	page := receiptPage{
		App: title(c, metadata.Title, s.app), Base: s.address(), Inbox: s.inbox(), Story: "/story?instance=" + s.place.instance, Reference: s.instance.Reference(), Instance: s.instance,
		Sender: s.sender(), Receiver: metadata.Org,
	}
	if owner, ok := texts.Get("appOwner"); ok && owner.Value != "" {
		page.Receiver = owner.Value
	}
	if page.given, err = a.given(c, s); err != nil {
		return frame.Answer{}, err
	}
	return frame.Show("receipt", c.T("receipt")+" – "+page.App, page), nil
}

// sender is the name of the party that owns the instance.
func (s *standing) sender() string {
	if s.instance.OwnerName != "" {
		return s.instance.OwnerName
	}
	return s.instance.InstanceOwner.PartyID
}

// showGone tells that the instance has been deleted.
func (a *area) showGone(c *frame.Call, s *standing) (frame.Answer, error) {
	metadata, err := s.client.Metadata(c.Context(), s.app)
	if err != nil {
		return frame.Answer{}, err
	}
	name := title(c, metadata.Title, s.app)
	return frame.Show("gone", c.T("gone")+" – "+name, map[string]any{
		"App": name, "Reference": s.instance.Reference(), "When": s.instance.Status.SoftDeleted, "Inbox": "/inbox/" + s.instance.InstanceOwner.PartyID + "?folder=deleted",
	}), nil
}
