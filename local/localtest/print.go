package localtest

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"github.com/stafett/stafett/local/apphost"
	"github.com/stafett/stafett/secret"
)

// maxPrintRequest bounds the body of a request for a PDF, in bytes.
const maxPrintRequest = 1 << 20

// instancePage is where a browser would find the page to print: the application,
// the instance and, in newer applications, the task.
var instancePage = regexp.MustCompile(`^/([^/]+/[^/]+)/(?:#/)?instance/(\d+/[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12})(?:/([^/]+))?/?$`)

// print makes the PDF of a form for the application that asks for it. Where the real
// service lets a browser draw the page that is named, this one prints the form of
// that page: the labels and values, without the page's looks.
func (s *Server) print(w http.ResponseWriter, r *http.Request) {
	var asked struct {
		URL     string `json:"url"`
		Cookies []struct {
			Name  string `json:"name"`
			Value string `json:"value"`
		} `json:"cookies"`
	}
	if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxPrintRequest)).Decode(&asked); err != nil {
		writeText(w, http.StatusBadRequest, "The request is not the JSON of a PDF request.")
		return
	}
	// In older applications the page stands in the fragment.
	address, err := url.Parse(strings.Replace(asked.URL, "#/", "", 1))
	if err != nil {
		writeText(w, http.StatusBadRequest, "The url of the page is not a URL.")
		return
	}
	page := instancePage.FindStringSubmatch(address.Path)
	if page == nil {
		writeText(w, http.StatusBadRequest, "The page is not that of an instance: "+address.Path)
		return
	}
	query := address.Query()
	request := apphost.PrintRequest{InstanceID: page[2], TaskIDs: append(slices.Clone(query["task"]), page[3]), Language: query.Get("lang")}
	if request.Language == "" {
		request.Language = "nb"
	}
	for _, cookie := range asked.Cookies {
		if cookie.Name == runtimeCookie {
			request.Token = secret.New(cookie.Value)
		}
	}
	var content bytes.Buffer
	err = s.cfg.Print(r.Context(), &content, page[1], request)
	switch {
	case err != nil:
		s.cfg.Logger.WarnContext(r.Context(), "no PDF is made", "instance", request.InstanceID, "reason", err)
		writeText(w, http.StatusInternalServerError, "The PDF cannot be made: "+err.Error())
	default:
		w.Header().Set("Content-Type", "application/pdf")
		_, _ = w.Write(content.Bytes())
	}
}
