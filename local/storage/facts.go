package storage

// Changed is noted in the timeline for each change of an instance that was kept.
type Changed struct {
	Instance string // {party id}/{guid}
	AppID    string
	PartyID  string // of its owner
	// What is the type of the event in the audit trail, such as [EventCreated] or
	// process_StartTask; empty for a change that leaves none there.
	What string
	Task string // where the instance stands afterwards; empty once it has ended
	Data *ChangedData
}

// ChangedData is the data element that a change concerned.
type ChangedData struct {
	ID       string
	DataType string // empty if it was deleted
	Size     int64  // bytes
}

// InstanceID returns Instance.
func (c Changed) InstanceID() string { return c.Instance }

func changed(i *Instance, what, dataID string) Changed {
	fact := Changed{Instance: i.ID, AppID: i.AppID, PartyID: i.InstanceOwner.PartyID, What: what}
	if task := currentTask(i); task != nil {
		fact.Task = task.ElementID
	}
	if dataID == "" {
		return fact
	}
	fact.Data = &ChangedData{ID: dataID}
	for _, e := range i.Data {
		if e.ID == dataID {
			fact.Data.DataType, fact.Data.Size = e.DataType, e.Size
		}
	}
	return fact
}
