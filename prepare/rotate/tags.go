package rotate

import (
	"maps"

	"github.com/stafett/stafett/keyvault"
	"github.com/stafett/stafett/prepare/internal/keys"
)

// Tags of the section's secrets, beside those that any key's secret has. They say
// which key the value took the place of; the vault itself says when.
const (
	tagReplaced   = "replaced-thumbprint"
	tagReplacedID = "replaced-kid"
)

// Replaced tells which key the one in a section's secret took the place of; empty
// where none is noted. Where key sets can be read, the note stays when that key has
// been removed from the set.
func Replaced(item keyvault.Item) (keyID, thumbprint string) {
	return item.Tags[tagReplacedID], item.Tags[tagReplaced]
}

// publishedTags are those of a secret whose key is replaced: what others have
// noted on it stays.
func publishedTags(old, next held) map[string]string {
	tags := maps.Clone(old.Tags)
	if tags == nil {
		tags = map[string]string{}
	}
	maps.Copy(tags, keys.Tags(next.key.KeyID(), next.thumbprint))
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
