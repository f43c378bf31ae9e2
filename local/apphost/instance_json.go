package apphost

import (
	"net/http"
	"time"

	"github.com/stafett/stafett/local/storage"
)

// The types of this file are an instance in the form in which applications
// write it: members without a value are null, readStatus is a number, and the
// owner's party is included.

type instanceJSON struct {
	ID                    string                         `json:"id"`
	InstanceOwner         ownerJSON                      `json:"instanceOwner"`
	AppID                 string                         `json:"appId"`
	Org                   string                         `json:"org"`
	SelfLinks             *linksJSON                     `json:"selfLinks"`
	DueBefore             *time.Time                     `json:"dueBefore"`
	VisibleAfter          *time.Time                     `json:"visibleAfter"`
	Process               *processJSON                   `json:"process"`
	Status                *statusJSON                    `json:"status"`
	CompleteConfirmations []storage.CompleteConfirmation `json:"completeConfirmations"`
	Data                  []dataElementJSON              `json:"data"`
	PresentationTexts     map[string]string              `json:"presentationTexts"`
	DataValues            map[string]string              `json:"dataValues"`
	Created               *time.Time                     `json:"created"`
	CreatedBy             *string                        `json:"createdBy"`
	LastChanged           *time.Time                     `json:"lastChanged"`
	LastChangedBy         *string                        `json:"lastChangedBy"`
}

type ownerJSON struct {
	PartyID            *string `json:"partyId"`
	PersonNumber       *string `json:"personNumber"`
	OrganisationNumber *string `json:"organisationNumber"`
	Username           *string `json:"username"`
	ExternalIdentifier *string `json:"externalIdentifier"`
	Party              *party  `json:"party"`
}

type linksJSON struct {
	Apps     *string `json:"apps"`
	Platform *string `json:"platform"`
}

type statusJSON struct {
	IsArchived    bool           `json:"isArchived"`
	Archived      *time.Time     `json:"archived"`
	IsSoftDeleted bool           `json:"isSoftDeleted"`
	SoftDeleted   *time.Time     `json:"softDeleted"`
	IsHardDeleted bool           `json:"isHardDeleted"`
	HardDeleted   *time.Time     `json:"hardDeleted"`
	ReadStatus    int            `json:"readStatus"`
	Substatus     *substatusJSON `json:"substatus"`
}

type substatusJSON struct {
	Label       *string `json:"label"`
	Description *string `json:"description"`
}

type processJSON struct {
	Started     *time.Time `json:"started"`
	StartEvent  *string    `json:"startEvent"`
	CurrentTask *taskJSON  `json:"currentTask"`
	Ended       *time.Time `json:"ended"`
	EndEvent    *string    `json:"endEvent"`
}

type taskJSON struct {
	Flow           int        `json:"flow"`
	Started        *time.Time `json:"started"`
	ElementID      string     `json:"elementId"`
	Name           *string    `json:"name"`
	AltinnTaskType string     `json:"altinnTaskType"`
	Ended          *time.Time `json:"ended"`
	Validated      *struct{}  `json:"validated"` // of older versions; always null
	FlowType       *string    `json:"flowType"`
}

type dataElementJSON struct {
	ID                  string              `json:"id"`
	InstanceGUID        string              `json:"instanceGuid"`
	DataType            string              `json:"dataType"`
	Filename            *string             `json:"filename"`
	ContentType         string              `json:"contentType"`
	BlobStoragePath     string              `json:"blobStoragePath"`
	SelfLinks           *linksJSON          `json:"selfLinks"`
	Size                int64               `json:"size"`
	ContentHash         *string             `json:"contentHash"`
	Locked              bool                `json:"locked"`
	Refs                []string            `json:"refs"`
	IsRead              bool                `json:"isRead"`
	Tags                []string            `json:"tags"`
	UserDefinedMetadata *struct{}           `json:"userDefinedMetadata"`
	Metadata            *struct{}           `json:"metadata"`
	DeleteStatus        *deleteStatusJSON   `json:"deleteStatus"`
	FileScanResult      string              `json:"fileScanResult"`
	References          []storage.Reference `json:"references"`
	Created             *time.Time          `json:"created"`
	CreatedBy           *string             `json:"createdBy"`
	LastChanged         *time.Time          `json:"lastChanged"`
	LastChangedBy       *string             `json:"lastChangedBy"`
}

type deleteStatusJSON struct {
	IsHardDeleted bool       `json:"isHardDeleted"`
	HardDeleted   *time.Time `json:"hardDeleted"`
}

// nullable writes an empty text as null.
func nullable(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

// readStatusNumber numbers the values of readStatus.
func readStatusNumber(status string) int {
	switch status {
	case "Read":
		return 1
	case "UpdatedSinceLastReview":
		return 2
	}
	return 0
}

// appAddress is the application's own address of an instance: always https, and
// the host that the caller used.
func (s *Server) appAddress(r *http.Request, instanceID string) string {
	return "https://" + r.Host + "/" + s.folder.ID + "/instances/" + instanceID
}

// pageAddress is where an application shows an instance to people.
func (s *Server) pageAddress(r *http.Request, instanceID string) string {
	return s.pageAt("https://"+r.Host, instanceID)
}

// pageAt is that page at the origin of somebody who looks at it.
func (s *Server) pageAt(origin, instanceID string) string {
	return origin + "/" + s.folder.ID + "/#/instance/" + instanceID
}

// originOf is where the caller has reached the application. Unlike the addresses that
// the application library writes, which are always https, it can be asked there.
func originOf(r *http.Request) string {
	if r.Header.Get("X-Forwarded-Proto") == "http" {
		return "http://" + r.Host
	}
	return "https://" + r.Host
}

// instanceForm turns an instance from Storage into the application's form. The
// owner's party may be nil.
func (s *Server) instanceForm(r *http.Request, in storage.Instance, owner *party) instanceJSON {
	address := s.appAddress(r, in.ID)
	out := instanceJSON{
		ID: in.ID, AppID: in.AppID, Org: in.Org,
		InstanceOwner: ownerJSON{
			PartyID:            nullable(in.InstanceOwner.PartyID),
			PersonNumber:       nullable(in.InstanceOwner.PersonNumber),
			OrganisationNumber: nullable(in.InstanceOwner.OrganisationNumber),
			Username:           nullable(in.InstanceOwner.Username),
			ExternalIdentifier: nullable(in.InstanceOwner.ExternalIdentifier),
			Party:              owner,
		},
		SelfLinks: links(address, in.SelfLinks),
		DueBefore: in.DueBefore, VisibleAfter: in.VisibleAfter,
		Process: processForm(in.Process), Status: statusForm(in.Status),
		CompleteConfirmations: in.CompleteConfirmations,
		Data:                  make([]dataElementJSON, len(in.Data)),
		PresentationTexts:     in.PresentationTexts, DataValues: in.DataValues,
		Created: in.Created, CreatedBy: nullable(in.CreatedBy),
		LastChanged: in.LastChanged, LastChangedBy: nullable(in.LastChangedBy),
	}
	for i, element := range in.Data {
		out.Data[i] = s.dataElementForm(r, in.ID, element)
	}
	return out
}

func links(apps string, stored *storage.ResourceLinks) *linksJSON {
	out := &linksJSON{Apps: &apps}
	if stored != nil {
		out.Platform = nullable(stored.Platform)
	}
	return out
}

func (s *Server) dataElementForm(r *http.Request, instanceID string, e storage.DataElement) dataElementJSON {
	tags := e.Tags
	if tags == nil {
		tags = []string{}
	}
	return dataElementJSON{
		ID: e.ID, InstanceGUID: e.InstanceGUID, DataType: e.DataType,
		Filename: nullable(e.Filename), ContentType: e.ContentType, BlobStoragePath: e.BlobStoragePath,
		SelfLinks: links(s.appAddress(r, instanceID)+"/data/"+e.ID, e.SelfLinks),
		Size:      e.Size, ContentHash: nullable(e.ContentHash), Locked: e.Locked, Refs: e.Refs,
		DeleteStatus: (*deleteStatusJSON)(e.DeleteStatus),
		IsRead:       e.IsRead, Tags: tags, FileScanResult: e.FileScanResult, References: e.References,
		Created: e.Created, CreatedBy: nullable(e.CreatedBy),
		LastChanged: e.LastChanged, LastChangedBy: nullable(e.LastChangedBy),
	}
}

func processForm(p *storage.ProcessState) *processJSON {
	if p == nil {
		return nil
	}
	out := &processJSON{
		Started: p.Started, StartEvent: nullable(p.StartEvent), Ended: p.Ended, EndEvent: nullable(p.EndEvent),
	}
	if p.CurrentTask != nil {
		t := taskForm(*p.CurrentTask)
		out.CurrentTask = &t
	}
	return out
}

func taskForm(t storage.ProcessTask) taskJSON {
	return taskJSON{
		Flow: t.Flow, Started: t.Started, ElementID: t.ElementID, Name: nullable(t.Name),
		AltinnTaskType: t.AltinnTaskType, Ended: t.Ended, FlowType: nullable(t.FlowType),
	}
}

func statusForm(s *storage.InstanceStatus) *statusJSON {
	if s == nil {
		return nil
	}
	out := &statusJSON{
		IsArchived: s.IsArchived, Archived: s.Archived,
		IsSoftDeleted: s.IsSoftDeleted, SoftDeleted: s.SoftDeleted,
		IsHardDeleted: s.IsHardDeleted, HardDeleted: s.HardDeleted,
		ReadStatus: readStatusNumber(s.ReadStatus),
	}
	if s.Substatus != nil {
		out.Substatus = &substatusJSON{nullable(s.Substatus.Label), nullable(s.Substatus.Description)}
	}
	return out
}
