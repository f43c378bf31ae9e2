package apphost

import (
	"encoding/json"
	"errors"
	"io"
	"time"

	"github.com/stafett/stafett/local/storage"
)

// looseText reads a JSON string, and as lenient Newtonsoft does, a number or a
// boolean, as text.
type looseText string

// UnmarshalJSON implements [json.Unmarshaler].
func (t *looseText) UnmarshalJSON(data []byte) error {
	switch data[0] {
	case '"':
		return json.Unmarshal(data, (*string)(t))
	case '{', '[':
		return errors.New("a text is expected")
	}
	if string(data) != "null" {
		*t = looseText(data)
	}
	return nil
}

// instanceTemplate is what counts of the part "instance". The rest of an
// instance is left to the application and Storage.
type instanceTemplate struct {
	InstanceOwner *struct {
		PartyID            looseText `json:"partyId"`
		PersonNumber       looseText `json:"personNumber"`
		OrganisationNumber looseText `json:"organisationNumber"`
		Username           looseText `json:"username"`
		ExternalIdentifier looseText `json:"externalIdentifier"`
	} `json:"instanceOwner"`
	DueBefore    *looseTime           `json:"dueBefore"`
	VisibleAfter *looseTime           `json:"visibleAfter"`
	Status       *templateStatus      `json:"status"`
	DataValues   map[string]looseText `json:"dataValues"`
}

// templateStatus is the status of a template. readStatus is a name or a number.
type templateStatus struct {
	storage.InstanceStatus
	ReadStatus looseText `json:"readStatus"`
}

// looseTime reads the forms of ISO 8601 that .NET reads. A time without zone is
// taken as UTC.
type looseTime time.Time

// UnmarshalJSON implements [json.Unmarshaler].
func (t *looseTime) UnmarshalJSON(data []byte) error {
	var text string
	if err := json.Unmarshal(data, &text); err != nil {
		return err
	}
	for _, layout := range []string{time.RFC3339, "2006-01-02T15:04:05.999999999", "2006-01-02T15:04", time.DateOnly} {
		if parsed, err := time.Parse(layout, text); err == nil {
			*t = looseTime(parsed.UTC())
			return nil
		}
	}
	return errors.New("a time in ISO 8601 is expected")
}

// utc is the time in UTC; nil stays nil.
func (t *looseTime) utc() *time.Time {
	return (*time.Time)(t)
}

// readTemplate decodes an instance template.
func readTemplate(r io.Reader) (storage.Instance, error) {
	var t *instanceTemplate
	d := json.NewDecoder(r)
	if err := d.Decode(&t); err != nil {
		return storage.Instance{}, err
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return storage.Instance{}, errors.New("there is more after the template")
	}
	var out storage.Instance
	if t == nil {
		return out, nil
	}
	if o := t.InstanceOwner; o != nil {
		out.InstanceOwner = storage.InstanceOwner{
			PartyID: string(o.PartyID), PersonNumber: string(o.PersonNumber),
			OrganisationNumber: string(o.OrganisationNumber),
			Username:           string(o.Username), ExternalIdentifier: string(o.ExternalIdentifier),
		}
	}
	out.DueBefore, out.VisibleAfter = t.DueBefore.utc(), t.VisibleAfter.utc()
	if t.Status != nil {
		status := t.Status.InstanceStatus
		status.ReadStatus = readStatusName(string(t.Status.ReadStatus))
		out.Status = &status
	}
	if len(t.DataValues) > 0 {
		out.DataValues = make(map[string]string, len(t.DataValues))
		for key, value := range t.DataValues {
			out.DataValues[key] = string(value)
		}
	}
	return out, nil
}

// readStatusName names a readStatus that may be a number.
func readStatusName(status string) string {
	switch status {
	case "1", "Read", "read":
		return "Read"
	case "2", "UpdatedSinceLastReview", "updatedSinceLastReview":
		return "UpdatedSinceLastReview"
	}
	return "Unread"
}
