package api

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/stafett/stafett/local/storage"
)

// Instance is an instance as an application or Storage shows it. Status is never
// nil after reading.
type Instance struct {
	storage.Instance
	// OwnerName is the name of the party that owns it; empty from Storage, and
	// where the person may not see the party.
	OwnerName string
}

// DataElement is one piece of an instance's data: a form or a file.
type DataElement = storage.DataElement

// UnmarshalJSON implements [json.Unmarshaler] for both forms in use.
func (in *Instance) UnmarshalJSON(data []byte) error {
	type outer struct {
		*storage.Instance
		InstanceOwner struct {
			storage.InstanceOwner
			Party *struct {
				Name string `json:"name"`
			} `json:"party"`
		} `json:"instanceOwner"`
		Status *struct {
			storage.InstanceStatus
			ReadStatus readStatus `json:"readStatus"`
		} `json:"status"`
	}
	*in = Instance{}
	wire := outer{Instance: &in.Instance}
	if err := json.Unmarshal(data, &wire); err != nil {
		return fmt.Errorf("read instance: %w", err)
	}
	in.InstanceOwner = wire.InstanceOwner.InstanceOwner
	if wire.InstanceOwner.Party != nil {
		in.OwnerName = wire.InstanceOwner.Party.Name
	}
	in.Status = &storage.InstanceStatus{ReadStatus: storage.ReadStatusUnread}
	if wire.Status != nil {
		in.Status = &wire.Status.InstanceStatus
		in.Status.ReadStatus = string(wire.Status.ReadStatus)
	}
	return nil
}

// readStatus is a name, also where an application writes a number.
type readStatus string

func (s *readStatus) UnmarshalJSON(data []byte) error {
	var name string
	if json.Unmarshal(data, &name) == nil {
		*s = readStatus(name)
		return nil
	}
	names := []readStatus{storage.ReadStatusUnread, storage.ReadStatusRead, storage.ReadStatusUpdated}
	number, err := strconv.Atoi(string(data))
	if err != nil || number < 0 || number >= len(names) {
		return fmt.Errorf("the read status %s is not known", data)
	}
	*s = names[number]
	return nil
}

// GUID is the part of the id after the party's.
func (in Instance) GUID() string {
	_, guid, _ := strings.Cut(in.ID, "/")
	return guid
}

// Reference is what people are given to refer to: the last twelve characters of
// the GUID.
func (in Instance) Reference() string {
	guid := in.GUID()
	return guid[max(0, len(guid)-12):]
}

// Owner is the party id of the owner; 0 if the instance names none.
func (in Instance) Owner() int {
	id, err := strconv.Atoi(in.InstanceOwner.PartyID)
	if err != nil {
		return 0
	}
	return id
}

// Task is the id of the current task; empty when the process has ended or not
// begun.
func (in Instance) Task() string {
	if in.Process == nil || in.Process.CurrentTask == nil {
		return ""
	}
	return in.Process.CurrentTask.ElementID
}

// Ended tells whether the process has ended.
func (in Instance) Ended() bool { return in.Process != nil && in.Process.Ended != nil }

// DataOf returns the elements of a data type.
func (in Instance) DataOf(dataType string) []DataElement {
	var found []DataElement
	for _, e := range in.Data {
		if e.DataType == dataType {
			found = append(found, e)
		}
	}
	return found
}

// Create makes an instance owned by a party.
func (c *Client) Create(ctx context.Context, appID string, partyID int) (Instance, error) {
	address, err := c.appAddress(appID, "instances")
	if err != nil {
		return Instance{}, err
	}
	var made Instance
	err = c.call(ctx, request{
		operation: "create instance", method: http.MethodPost,
		address: withQuery(address, "instanceOwnerPartyId", strconv.Itoa(partyID), "language", c.Language),
	}, nil, &made)
	return made, err
}

// Instance reads an instance from its application, with the owner's name. It is
// marked as read, unless the person acts for the application's owner.
func (c *Client) Instance(ctx context.Context, appID, id string) (Instance, error) {
	address, err := c.instanceAddress(appID, id)
	if err != nil {
		return Instance{}, err
	}
	var found Instance
	err = c.call(ctx, request{operation: "read instance", method: http.MethodGet, address: address}, nil, &found)
	return found, err
}

// Stored reads an instance from Storage, for those who do not know its
// application yet. It is not marked as read.
func (c *Client) Stored(ctx context.Context, id string) (Instance, error) {
	var found Instance
	err := c.call(ctx, request{operation: "read instance", method: http.MethodGet, address: c.storageAddress(id)}, nil, &found)
	return found, err
}

// Delete moves an instance to the deleted ones; it can still be read there.
func (c *Client) Delete(ctx context.Context, appID, id string) error {
	address, err := c.instanceAddress(appID, id)
	if err != nil {
		return err
	}
	return c.call(ctx, request{
		operation: "delete instance", method: http.MethodDelete, address: withQuery(address, "hard", "false"),
	}, nil, nil)
}

// ActiveInstance is an instance that the party can go on with.
type ActiveInstance struct {
	ID            string    `json:"id"`
	LastChanged   time.Time `json:"lastChanged"`
	LastChangedBy string    `json:"lastChangedBy"` // a name, or an id where none is known
}

// Active lists what a party has begun in an application and not sent in.
func (c *Client) Active(ctx context.Context, appID string, partyID int) ([]ActiveInstance, error) {
	address, err := c.appAddress(appID, "instances", strconv.Itoa(partyID), "active")
	if err != nil {
		return nil, err
	}
	var found []ActiveInstance
	err = c.call(ctx, request{operation: "list active instances", method: http.MethodGet, address: address}, nil, &found)
	return found, err
}

// ReadStatus marks an instance as Read, Unread or UpdatedSinceLastReview.
func (c *Client) ReadStatus(ctx context.Context, id, status string) error {
	return c.call(ctx, request{
		operation: "mark instance", method: http.MethodPut,
		address: withQuery(c.storageAddress(id, "readstatus"), "status", status),
	}, nil, nil)
}
