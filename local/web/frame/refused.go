package frame

// Lacks says which right the person lacks: an action of the application's policy,
// such as "read". appID is empty where the platform did not tell which application
// it is about, and says then that the level may be what is lacking.
func (c *Call) Lacks(right, appID string, party int) string {
	named := c.T("frame.right.other", right)
	if text, ok := c.console.frame.get(c.Language, "frame.right."+right, nil); ok {
		named = text
	}
	switch {
	case appID == "":
		return c.T("frame.lacks.unknown", c.Person.Name, named, c.PartyName(party), c.Level)
	case right == "read":
		return c.T("frame.lacks.read", c.Person.Name, named, appID, c.PartyName(party))
	}
	return c.T("frame.lacks", c.Person.Name, named, appID, c.PartyName(party))
}
