package rotate

import (
	"maps"

	"github.com/stafett/stafett/jwk"
)

// Tags of the section's secrets. They say which key the value is, and which one it
// took the place of; the vault itself says when.
const (
	tagMadeBy     = "made-by"
	tagKeyID      = "kid"
	tagThumbprint = "thumbprint"
	tagReplaced   = "replaced-thumbprint"
	tagReplacedID = "replaced-kid"
)

// tagsOf are the tags of a secret that holds a key.
func tagsOf(key *jwk.Key, thumbprint string) map[string]string {
	return map[string]string{tagMadeBy: "stafett", tagKeyID: key.KeyID(), tagThumbprint: thumbprint}
}

// publishedTags are those of a secret whose key is replaced: what others have
// noted on it stays.
func publishedTags(old, next held) map[string]string {
	tags := maps.Clone(old.Tags)
	if tags == nil {
		tags = map[string]string{}
	}
	maps.Copy(tags, tagsOf(next.key, next.thumbprint))
	tags[tagReplaced], tags[tagReplacedID] = old.thumbprint, old.key.KeyID()
	return tags
}

// finishedTags are those of a secret when the replaced key is gone.
func finishedTags(tags map[string]string) map[string]string {
	rest := maps.Clone(tags)
	delete(rest, tagReplaced)
	delete(rest, tagReplacedID)
	return rest
}
