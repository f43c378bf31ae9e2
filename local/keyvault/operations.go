package keyvault

import (
	"cmp"
	"net/http"
	"slices"
)

func (c *call) setSecret() (any, *problem) {
	var request setRequest
	if refused := c.decodeBody(&request); refused != nil {
		return nil, refused
	}
	if refused := request.check(true); refused != nil {
		return nil, refused
	}
	e, v, refused := c.vault.set(c.name, request, c.now)
	if refused != nil {
		return nil, refused
	}
	c.uses(v)
	return c.bundleWithValue(e, v), nil
}

// live finds the version that the path names of a secret that is there.
func (c *call) live() (*entry, *version, *problem) {
	what := c.name
	if c.version != "" {
		what += "/" + c.version
	}
	e, at := c.vault.find(c.name, c.now)
	if at != live {
		return nil, nil, notFound(what)
	}
	v, ok := e.version(c.version)
	if !ok {
		return nil, nil, notFound(what)
	}
	return e, v, nil
}

// getSecret does not look at the times of a secret: the real service hands out
// expired ones too.
func (c *call) getSecret() (any, *problem) {
	e, v, refused := c.live()
	switch {
	case refused != nil:
		return nil, refused
	case !v.enabled:
		return nil, disabled()
	}
	c.uses(v)
	return c.bundleWithValue(e, v), nil
}

func (c *call) updateSecret() (any, *problem) {
	var request setRequest
	if refused := c.decodeBody(&request); refused != nil {
		return nil, refused
	}
	if refused := request.check(false); refused != nil {
		return nil, refused
	}
	e, v, refused := c.live()
	if refused != nil {
		return nil, refused
	}
	v.apply(request, c.now)
	c.uses(v)
	return c.bundle(e, v), nil
}

func (c *call) deleteSecret() (any, *problem) {
	e, _, refused := c.live()
	if refused != nil {
		return nil, refused
	}
	c.vault.remove(e, c.now)
	return c.deletedBundle(e), nil
}

func (c *call) listSecrets() (any, *problem) {
	var items []bundle
	for _, e := range c.vault.in(live, c.now) {
		items = append(items, listed(c.bundle(e, e.latest())))
	}
	return c.page(items)
}

// listVersions sorts by id, which is random: the real service promises no
// order. An unknown name has no versions.
func (c *call) listVersions() (any, *problem) {
	var items []bundle
	if e, at := c.vault.find(c.name, c.now); at == live {
		for _, v := range e.versions {
			items = append(items, c.bundle(e, v))
		}
	}
	slices.SortFunc(items, func(a, b bundle) int { return cmp.Compare(a.ID, b.ID) })
	return c.page(items)
}

func (c *call) listDeleted() (any, *problem) {
	var items []bundle
	for _, e := range c.vault.in(deleted, c.now) {
		items = append(items, listed(c.deletedBundle(e)))
	}
	return c.page(items)
}

func (c *call) getDeleted() (any, *problem) {
	e, at := c.vault.find(c.name, c.now)
	switch {
	case at != deleted && at != recovering:
		return nil, deletedNotFound(c.name)
	case !e.latest().enabled:
		return nil, disabled()
	}
	return c.deletedBundle(e), nil
}

func (c *call) recover() (any, *problem) {
	e, at := c.vault.find(c.name, c.now)
	switch at {
	case deleted:
		c.vault.bringBack(e, c.now)
		return c.bundle(e, e.latest()), nil
	case deleting:
		return nil, beingDeleted()
	case recovering:
		return nil, beingRecovered()
	default:
		return nil, notFound(c.name)
	}
}

func (c *call) purge() (any, *problem) {
	e, at := c.vault.find(c.name, c.now)
	switch {
	case at == deleting:
		return nil, beingDeleted()
	case at == recovering:
		return nil, beingRecovered()
	case at != deleted:
		return nil, deletedNotFound(c.name)
	case c.vault.config.PurgeProtection:
		return nil, &problem{http.StatusForbidden, "Forbidden", "Operation purge is not allowed on a vault with purge protection.", ""}
	}
	c.vault.destroy(e, c.now)
	return nil, nil
}
