package api

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
)

// Query chooses instances. A nil flag means either.
type Query struct {
	Archived    *bool  // sent in
	SoftDeleted *bool  // among the deleted ones
	AppID       string // org/app; empty = all
	Search      string // part of a presentation text, in any case; empty = all
	Size        int    // instances asked for; 0 = 100
	Token       string // of the page before, [Page.Next]; empty = from the start
}

// Page is part of a list of instances, newest change first. A page may hold fewer
// than asked for, since what the person may not read is left out, and still not
// be the last.
type Page struct {
	Instances []Instance
	Next      string // empty on the last page
}

// Instances lists the instances of a party in Storage, as far as the person may
// read them.
func (c *Client) Instances(ctx context.Context, partyID int, q Query) (Page, error) {
	size := ""
	if q.Size > 0 {
		size = strconv.Itoa(q.Size)
	}
	address := withQuery(c.Platform+"/storage/api/v1/instances",
		"instanceOwner.partyId", strconv.Itoa(partyID), "appId", q.AppID, "searchString", q.Search,
		"status.isArchived", flag(q.Archived), "status.isSoftDeleted", flag(q.SoftDeleted),
		"size", size, "continuationToken", q.Token)
	var list struct {
		Instances []Instance `json:"instances"`
		Next      string     `json:"next"`
	}
	if err := c.call(ctx, request{operation: "list instances", method: http.MethodGet, address: address}, nil, &list); err != nil {
		return Page{}, err
	}
	page := Page{Instances: list.Instances}
	if list.Next != "" {
		next, err := url.Parse(list.Next)
		if err != nil {
			return Page{}, fmt.Errorf("list instances: read the address of the next page: %w", err)
		}
		page.Next = next.Query().Get("continuationToken")
	}
	return page, nil
}

func flag(b *bool) string {
	if b == nil {
		return ""
	}
	return strconv.FormatBool(*b)
}

// Party is somebody the person may act for.
type Party struct {
	ID        int    `json:"partyId"`
	Name      string `json:"name"`
	OrgNumber string `json:"orgNumber"` // empty for persons
	UnitType  string `json:"unitType"`  // legal form of an organisation, such as AS
}

// IsPerson tells whether the party is no organisation.
func (p Party) IsPerson() bool { return p.OrgNumber == "" }

// Parties lists whom the person with a user id may act for, the person first. The
// user id must be that of the token.
func (c *Client) Parties(ctx context.Context, userID int) ([]Party, error) {
	var parties []Party
	err := c.call(ctx, request{
		operation: "list parties", method: http.MethodGet,
		address: withQuery(c.Platform+"/authorization/api/v1/parties", "userid", strconv.Itoa(userID)),
	}, nil, &parties)
	return parties, err
}
