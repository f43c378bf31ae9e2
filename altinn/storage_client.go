package altinn

import (
	"context"
	"fmt"
	"iter"
	"net/http"
	"net/url"
	"strings"
)

// StorageConfig is what a [StorageClient] needs.
type StorageConfig struct {
	Environment Environment
	HTTPClient  *http.Client // nil = a plain one
	Tokens      TokenSource
}

// StorageClient reads from the platform's Storage. It is safe for concurrent
// use.
type StorageClient struct {
	base      string
	transport *transport
}

// NewStorageClient returns a client that acts with the tokens given. Listing
// needs the scope altinn:serviceowner/instances.read.
func NewStorageClient(cfg StorageConfig) *StorageClient {
	return &StorageClient{
		base:      cfg.Environment.Platform + "/storage/api/v1",
		transport: newTransport(cfg.HTTPClient, cfg.Tokens),
	}
}

// Instances lists instances, page by page, until the last one or the first
// error. An instance that changes meanwhile may come twice or, in descending
// order, be passed over: list ascending by lastChanged and drop repeated ids.
func (c *StorageClient) Instances(ctx context.Context, q Query) iter.Seq2[Instance, error] {
	return func(yield func(Instance, error) bool) {
		values := q.values()
		header := acceptJSON()
		if q.OwnerIdentifier != "" {
			header.Set("X-Ai-InstanceOwnerIdentifier", q.OwnerIdentifier)
		}
		for {
			var page struct {
				Next      string     `json:"next"`
				Instances []Instance `json:"instances"`
			}
			address := c.base + "/instances?" + values.Encode()
			if err := c.transport.sendJSON(ctx, call{method: http.MethodGet, url: address, header: header}, &page); err != nil {
				yield(Instance{}, err)
				return
			}
			for _, instance := range page.Instances {
				if !yield(instance, nil) {
					return
				}
			}
			if page.Next == "" {
				return
			}
			// Of the link only its token is used: the rest of the query is
			// ours, and a foreign host would get our token.
			token := continuationToken(page.Next)
			if token == "" || token == values.Get("continuationToken") {
				yield(Instance{}, fmt.Errorf("list instances: the link to the next page leads nowhere new"))
				return
			}
			values.Set("continuationToken", token)
		}
	}
}

// continuationToken takes the token out of the link to the next page. The token
// holds a semicolon, which some writers do not escape and net/url drops.
func continuationToken(link string) string {
	next, err := url.Parse(strings.ReplaceAll(link, ";", "%3B"))
	if err != nil {
		return ""
	}
	return next.Query().Get("continuationToken")
}

// Instance reads one instance. Storage answers 403 also for some ids that do
// not exist.
func (c *StorageClient) Instance(ctx context.Context, id string) (Instance, error) {
	address, err := c.instance(id)
	if err != nil {
		return Instance{}, err
	}
	var got Instance
	err = c.transport.sendJSON(ctx, call{method: http.MethodGet, url: address, header: acceptJSON()}, &got)
	return got, err
}

// Data reads one data element as it is stored.
func (c *StorageClient) Data(ctx context.Context, id, dataID string) (*Content, error) {
	if err := checkDataID(dataID); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrNotSent, err)
	}
	address, err := c.instance(id)
	if err != nil {
		return nil, err
	}
	return c.transport.content(ctx, address+"/data/"+strings.ToLower(dataID))
}

func (c *StorageClient) instance(id string) (string, error) {
	party, guid, err := ParseInstanceID(id)
	if err != nil {
		return "", fmt.Errorf("%w: %w", ErrNotSent, err)
	}
	return c.base + "/instances/" + party + "/" + guid, nil
}
