package frame

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"slices"
)

// assets are style sheets and scripts, each under a name that changes with its
// content, so that browsers may keep it.
type assets struct {
	content map[string][]byte   // by name
	style   map[string][]string // names by area
	script  map[string][]string
}

func readAssets(areas []Area) (*assets, error) {
	a := &assets{content: make(map[string][]byte), style: make(map[string][]string), script: make(map[string][]string)}
	own, err := fs.Sub(embeddedFiles, "static")
	if err != nil {
		return nil, err
	}
	for _, name := range []string{"theme.css", "designsystemet.css", "console.css"} {
		if err := a.add("", own, name, a.style); err != nil {
			return nil, err
		}
	}
	if err := a.add("", own, "console.js", a.script); err != nil {
		return nil, err
	}
	for _, area := range areas {
		for name, list := range map[string]map[string][]string{"style.css": a.style, "script.js": a.script} {
			if err := a.add(area.Name, area.Files, name, list); err != nil && !errors.Is(err, fs.ErrNotExist) {
				return nil, err
			}
		}
	}
	return a, nil
}

func (a *assets) add(area string, files fs.FS, name string, list map[string][]string) error {
	content, err := fs.ReadFile(files, name)
	if err != nil {
		return fmt.Errorf("read %s: %w", name, err)
	}
	sum := sha256.Sum256(content)
	hashed := area + "-" + hex.EncodeToString(sum[:8]) + path.Ext(name)
	if area == "" {
		hashed = name[:len(name)-len(path.Ext(name))] + hashed
	}
	a.content[hashed] = content
	list[area] = append(list[area], "/assets/"+hashed)
	return nil
}

// styles and scripts are where the files of an area are, the frame's first.
func (a *assets) styles(area string) []string  { return slices.Concat(a.style[""], a.style[area]) }
func (a *assets) scripts(area string) []string { return slices.Concat(a.script[""], a.script[area]) }

func (a *assets) serve(w http.ResponseWriter, r *http.Request) {
	name := r.PathValue("name")
	content, ok := a.content[name]
	if !ok {
		http.NotFound(w, r)
		return
	}
	w.Header().Set("Content-Type", mime.TypeByExtension(path.Ext(name)))
	w.Header().Set("Cache-Control", "public, max-age=31536000, immutable")
	_, _ = w.Write(content) // a failed write means that the browser has gone
}
