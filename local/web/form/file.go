package form

import (
	"slices"
	"strings"

	"github.com/stafett/stafett/app"
)

// filesOf are the files of a component: those of the data type with its id. One
// that is bound to the form, as in a repeating group, has those that the form
// names.
func (l *look) filesOf(i instance) []File {
	field, bound := i.fileField()
	ids := fileIDs(at(l.state.Data, i.rows.resolve(field.Path)))
	return slices.DeleteFunc(slices.Clone(l.state.Files), func(f File) bool {
		return f.DataType != i.ID || bound && !slices.Contains(ids, f.ID)
	})
}

func (l *look) dataType(id string) app.DataType {
	i := slices.IndexFunc(l.source.DataTypes, func(t app.DataType) bool { return t.ID == id })
	if i < 0 {
		return app.DataType{}
	}
	return l.source.DataTypes[i]
}

// upload is what files a component takes: what its layout and the data type
// say together.
func (l *look) upload(i instance) Upload {
	t := l.dataType(i.ID)
	u := Upload{
		DataType: i.ID, ContentTypes: t.AllowedContentTypes, MaxBytes: int64(i.MaxFileSize * (1 << 20)),
		MinCount: i.MinFiles, MaxCount: i.MaxFiles,
	}
	if i.CustomEndings {
		u.Endings = i.FileEndings
	}
	if limit, ok := t.MaxBytes(); ok && (u.MaxBytes == 0 || limit < u.MaxBytes) {
		u.MaxBytes = limit
	}
	if t.MaxCount > 0 && (u.MaxCount == 0 || t.MaxCount < u.MaxCount) && len(i.rows) == 0 {
		u.MaxCount = t.MaxCount
	}
	u.Accept = strings.Join(u.Endings, ",")
	if len(u.Endings) == 0 && !slices.Contains(u.ContentTypes, "application/octet-stream") {
		u.Accept = strings.Join(u.ContentTypes, ",")
	}
	return u
}

// files shows the files of a component.
func (b *builder) files(i instance, c *Component) {
	c.Upload, c.Files = b.upload(i), b.filesOf(i)
	c.ReadOnly = b.isReadOnly(i.component, i.rows)
	c.Required = c.Upload.MinCount > 0
	c.CanUpload = !c.ReadOnly && (c.Upload.MaxCount == 0 || len(c.Files) < c.Upload.MaxCount)
	if !c.ReadOnly {
		c.Name = NamePrefix + c.ID
	}
}
