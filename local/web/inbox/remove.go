package inbox

import (
	"github.com/stafett/stafett/local/storage"
	"github.com/stafett/stafett/local/web/frame"
)

func (a *area) askDelete(c *frame.Call) (frame.Answer, error) {
	o, err := stored(c)
	if err != nil {
		return a.explained(c, err, need{action: "read"})
	}
	return frame.Show("delete", c.T("delete.title"), newAsk(c, o)), nil
}

// delete moves an instance to the deleted ones.
func (a *area) delete(c *frame.Call) (frame.Answer, error) {
	o, err := stored(c)
	if err != nil {
		return a.explained(c, err, need{action: "read"})
	}
	if err := o.client.Delete(c.Context(), o.AppID, o.ID); err != nil {
		return a.explained(c, err, need{action: "delete", in: o.Instance})
	}
	c.Notice(c.T("delete.done"))
	return frame.Redirect(active.path(c.PathValue("party"))), nil
}

// unread makes an instance look as if nobody had opened it.
func (a *area) unread(c *frame.Call) (frame.Answer, error) {
	o, err := stored(c)
	if err != nil {
		return a.explained(c, err, need{action: "read"})
	}
	if err := o.client.ReadStatus(c.Context(), o.ID, storage.ReadStatusUnread); err != nil {
		return a.explained(c, err, need{action: "read", in: o.Instance})
	}
	c.Notice(c.T("unread.done"))
	return frame.Redirect(folderWith(o.Instance).path(c.PathValue("party"))), nil
}
