package fill

import "sync"

// maxVisited is how many forms are remembered.
const maxVisited = 1000

// visited remembers the page on which each person left each form. It is in
// memory: without it, a form begins on its first page.
type visited struct {
	mu    sync.Mutex
	pages map[visit]string
}

type visit struct {
	user     int
	instance string
}

func (v *visited) note(user int, instance, page string) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.pages == nil || len(v.pages) >= maxVisited {
		v.pages = make(map[visit]string)
	}
	v.pages[visit{user, instance}] = page
}

func (v *visited) last(user int, instance string) string {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.pages[visit{user, instance}]
}
