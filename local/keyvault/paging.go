package keyvault

import (
	"encoding/base64"
	"net"
	"net/url"
	"strconv"
	"strings"
)

// page cuts a sorted list to the page that the request asks for. The token of
// the next page names the last item of this one, so that nothing is lost or
// repeated when the list changes in between.
func (c *call) page(items []bundle) (any, *problem) {
	query := c.request.URL.Query()
	size := c.server.pageSize
	wanted := query.Get("maxresults")
	if wanted != "" {
		n, err := strconv.Atoi(wanted)
		if err != nil || n < 1 || n > defaultPageSize {
			return nil, badParameter("The maxresults '%s' is not a number from 1 to %d", wanted, defaultPageSize)
		}
		size = n
	}
	token := query.Get("$skiptoken")
	if token == "" && c.vault.config.EmptyPages {
		return c.pageBefore("", nil), nil
	}
	if token != "" {
		last, err := base64.RawURLEncoding.DecodeString(token)
		if err != nil || !strings.HasPrefix(string(last), beforeAll) {
			return nil, badParameter("The $skiptoken is not one of this service")
		}
		for len(items) > 0 && beforeAll+strings.ToLower(items[0].ID) <= string(last) {
			items = items[1:]
		}
	}
	if len(items) <= size {
		return page{Value: append([]bundle{}, items...)}, nil
	}
	return c.pageBefore(items[size-1].ID, items[:size]), nil
}

// beforeAll begins the content of a token, so that none is empty.
const beforeAll = "/"

// pageBefore is a page with a link to what comes after the item of an id.
func (c *call) pageBefore(last string, items []bundle) page {
	query := c.request.URL.Query()
	token := base64.RawURLEncoding.EncodeToString([]byte(beforeAll + strings.ToLower(last)))
	next := "https://" + withPort(c.request.Host) + "/" + strings.Trim(c.request.URL.Path, "/") +
		"?api-version=" + url.QueryEscape(query.Get("api-version")) + "&$skiptoken=" + token
	if wanted := query.Get("maxresults"); wanted != "" {
		next += "&maxresults=" + wanted
	}
	return page{Value: append([]bundle{}, items...), NextLink: &next}
}

// withPort names the port, as the real service does in links.
func withPort(host string) string {
	if _, _, err := net.SplitHostPort(host); err == nil {
		return host
	}
	return host + ":443"
}
