package inbox

import (
	"net/http"
	"time"

	"github.com/stafett/stafett/local/web/frame"
)

// news tells a script how much of a folder has changed since its page was made.
// Nothing is marked as read by it.
func (a *area) news(c *frame.Call) (frame.Answer, error) {
	party, err := partyOf(c)
	if err != nil {
		return frame.Answer{}, err
	}
	since, err := time.Parse(time.RFC3339Nano, c.URL.Query().Get("since"))
	if err != nil {
		return frame.Answer{}, frame.Refuse(http.StatusBadRequest, "no-since")
	}
	ask := folderOf(c.URL.Query()).query()
	ask.Size = pageSize
	found, err := c.API().Instances(c.Context(), party.ID, ask)
	if err != nil {
		return frame.Answer{}, err
	}
	known, now, changed := newApplications(c), a.cfg.Now(), 0
	for _, in := range found.Instances {
		if in.LastChanged == nil || !in.LastChanged.After(since) || waiting(in, now) != nil || hidden(known.of(in.AppID), in) {
			continue
		}
		changed++
	}
	return frame.JSON(http.StatusOK, map[string]any{"changed": changed, "text": newsText(c, changed, pageSize)}), nil
}

// newsText says how many have changed; empty for none.
func newsText(c *frame.Call, changed, most int) string {
	switch {
	case changed == 0:
		return ""
	case changed == 1:
		return c.T("news.one")
	case changed >= most:
		return c.T("news.many", changed)
	}
	return c.T("news.some", changed)
}
