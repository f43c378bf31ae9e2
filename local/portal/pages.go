package portal

import (
	"bytes"
	"embed"
	"html/template"
	"net/http"
	"strings"
	"time"

	"github.com/stafett/stafett/local/selfservice"
)

//go:embed pages
var files embed.FS

// readTemplates returns the pages by name, each within the layout.
func readTemplates() (map[string]*template.Template, error) {
	norway := time.FixedZone("CET", 60*60) // winter time, as the API has it
	functions := template.FuncMap{
		"date":    func(t time.Time) string { return t.In(norway).Format("02.01.2006 15:04") },
		"machine": func(t time.Time) string { return t.UTC().Format(time.RFC3339) },
		"ended":   func(t, now time.Time) bool { return !t.After(now) },
	}
	pages, err := files.ReadDir("pages")
	if err != nil {
		return nil, err
	}
	parsed := make(map[string]*template.Template)
	for _, page := range pages {
		name, ok := strings.CutSuffix(page.Name(), ".html")
		if !ok || name == "layout" {
			continue
		}
		if parsed[name], err = template.New("layout.html").Funcs(functions).ParseFS(files, "pages/layout.html", "pages/"+page.Name()); err != nil {
			return nil, err
		}
	}
	return parsed, nil
}

// view is what a template sees.
type view struct {
	Title         string
	Fault         string
	Notice        string
	LoggedIn      bool
	MayAdminister bool
	Person        Person
	Organisation  selfservice.Organisation
	Organisations []selfservice.Organisation
	Now           time.Time
	Data          any
}

func (s *Server) render(w http.ResponseWriter, r *http.Request, who *session, a answer) {
	v := view{Title: a.title, Fault: a.fault, Organisations: s.organisations, Now: s.now(), Data: a.data}
	if who != nil {
		v.LoggedIn, v.MayAdminister = true, who.mayAdminister()
		v.Person, v.Organisation, v.Notice = who.person, who.organisation, who.notice
		if who.notice != "" {
			who.notice = ""
			s.sessions.keep(who)
		}
	}
	var body bytes.Buffer
	if err := s.templates[a.template].Execute(&body, v); err != nil {
		s.log.ErrorContext(r.Context(), "the portal cannot make a page", "page", a.template, "error", err)
		http.Error(w, "the page cannot be made", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	if a.status != 0 {
		w.WriteHeader(a.status)
	}
	_, _ = body.WriteTo(w) // the browser is gone
}

func serveStyle(w http.ResponseWriter, r *http.Request) {
	http.ServeFileFS(w, r, files, "pages/style.css")
}
