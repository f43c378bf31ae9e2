//go:build !race

package soak_test

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/stafett/stafett/examples"
)

// form is a form that a person has sent in, and what has to arrive of it.
type form struct {
	source string // the instance
	area   string // an answer in which it differs from all others
	files  map[file]int
}

// file is an attachment in the receiving application.
type file struct {
	dataType, name string
	size           int64
	sha256         [sha256.Size]byte
}

// outbox sends forms in, and remembers them. The first one is filled in and sent by
// a person through the application; all others are made in Storage in its likeness,
// which takes a fraction of the time, each with answers and files of its own.
type outbox struct {
	wire   *wire
	person string
	skjema string // the first one's answers, as XML
	pdf    []byte

	mu    sync.Mutex
	forms []form
}

const exampleArea = "Čohkolaš"

func newOutbox(w *wire) (*outbox, error) {
	o := &outbox{wire: w}
	var err error
	if o.person, err = w.login(0); err != nil {
		return nil, err
	}
	return o, o.sendFirst()
}

// all returns the forms that have been sent in so far.
func (o *outbox) all() []form {
	o.mu.Lock()
	defer o.mu.Unlock()
	return append([]form(nil), o.forms...)
}

func (o *outbox) add(f form) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.forms = append(o.forms, f)
}

// sendFirst fills in the example as a person does.
func (o *outbox) sendFirst() error {
	answers, err := fs.ReadFile(examples.Files(), examples.FormData)
	if err != nil {
		return err
	}
	image, err := fs.ReadFile(examples.Files(), examples.Map)
	if err != nil {
		return err
	}
	var made instance
	owner := map[string]any{"instanceOwner": map[string]string{"partyId": fmt.Sprint(o.wire.seed.Persons[0].PartyID)}}
	if err := o.wire.call(http.MethodPost, appsURL+originalApp+"/instances/create", o.person, jsonBody(owner), &made); err != nil {
		return err
	}
	own := appsURL + originalApp + "/instances/" + made.ID
	for _, e := range made.Data {
		if e.DataType == "skjema" {
			if err := o.wire.call(http.MethodPut, own+"/data/"+e.ID, o.person, body{"application/json", "", answers}, nil); err != nil {
				return err
			}
		}
	}
	for _, step := range []struct {
		method, path string
		body         body
	}{
		{http.MethodPost, "/data?dataType=kart", body{"image/png", "kart.png", image}},
		{http.MethodPut, "/process/next", body{}},
		{http.MethodPut, "/process/next", jsonBody(map[string]string{"action": "confirm"})},
	} {
		if err := o.wire.call(step.method, own+step.path, o.person, step.body, nil); err != nil {
			return err
		}
	}
	return o.remember(made.ID, file{"vedlegg", "kart.png", int64(len(image)), sha256.Sum256(image)})
}

// remember reads the first form's answers and PDF back.
func (o *outbox) remember(id string, attached file) error {
	var sent instance
	if err := o.wire.call(http.MethodGet, storageURL+"/"+id, o.person, body{}, &sent); err != nil {
		return err
	}
	f := form{source: id, area: exampleArea, files: map[file]int{attached: 1}}
	for _, e := range sent.Data {
		var content []byte
		if err := o.wire.call(http.MethodGet, storageURL+"/"+id+"/data/"+e.ID, o.person, body{}, &content); err != nil {
			return err
		}
		switch e.DataType {
		case "skjema":
			o.skjema = string(content)
		case "ref-data-as-pdf":
			o.pdf = content
			f.files[file{"kildePdf", e.Filename, e.Size, sha256.Sum256(content)}]++
		}
	}
	if !strings.Contains(o.skjema, exampleArea) || len(o.pdf) == 0 {
		return errors.New("the example form cannot be read back")
	}
	o.add(f)
	return nil
}

// send sends forms in until there are n.
func (o *outbox) send(n int) error {
	const (
		together = 4
		sendings = 20
	)
	var (
		group sync.WaitGroup
		errs  [together]error
	)
	next := make(chan int)
	for worker := range together {
		group.Go(func() {
			for number := range next {
				// The platform's faults meet persons, too, who try again.
				err := o.sendLike(number)
				for range sendings {
					if err == nil {
						break
					}
					err = o.sendLike(number)
				}
				if err != nil {
					errs[worker] = err
				}
			}
		})
	}
	for number := len(o.all()); number < n; number++ {
		next <- number
	}
	close(next)
	group.Wait()
	return errors.Join(errs[:]...)
}

// part is one piece of data of a form, and the data type that it goes to.
type part struct {
	from, to string
	body
}

// like makes the data of one more form: none to three maps of up to 4 KB, of which
// two may be the same.
func (o *outbox) like(number int) (form, []part) {
	random := rand.New(rand.NewPCG(uint64(number), 3))
	f := form{area: fmt.Sprintf("Område %d", number), files: map[file]int{}}
	parts := []part{
		{"skjema", "sak", body{"application/xml", "", []byte(strings.ReplaceAll(o.skjema, exampleArea, f.area))}},
		{"ref-data-as-pdf", "kildePdf", body{"application/pdf", "Søknad.pdf", fmt.Appendf(bytes.Clone(o.pdf), "%% form %d\n", number)}},
	}
	for i := range random.IntN(4) {
		image := bytes.Repeat([]byte{byte(number), byte(number >> 8), byte(i / 2)}, 1+random.IntN(1400))
		parts = append(parts, part{"kart", "vedlegg", body{"image/png", fmt.Sprintf("kart %d.png", i/2), image}})
	}
	for _, p := range parts[1:] {
		f.files[file{p.to, p.filename, int64(len(p.content)), sha256.Sum256(p.content)}]++
	}
	return f, parts
}

// sendLike sends one more form in.
func (o *outbox) sendLike(number int) error {
	f, parts := o.like(number)
	id, err := o.draft()
	if err != nil {
		return err
	}
	f.source = id
	for _, p := range parts {
		if err := o.wire.call(http.MethodPost, storageURL+"/"+id+"/data?dataType="+p.from, o.person, p.body, nil); err != nil {
			return err
		}
	}
	if err := o.end(id); err != nil {
		return err
	}
	o.add(f)
	return nil
}

// draft makes an instance in its first task.
func (o *outbox) draft() (id string, err error) {
	now := time.Now().UTC()
	template := map[string]any{
		"instanceOwner": map[string]string{"partyId": fmt.Sprint(o.wire.seed.Persons[0].PartyID)},
		"process": map[string]any{
			"started": now, "startEvent": "StartEvent_1",
			"currentTask": map[string]any{"flow": 2, "started": now, "elementId": "Task_1", "altinnTaskType": "data"},
		},
	}
	var made instance
	err = o.wire.call(http.MethodPost, storageURL+"?appId="+originalApp, o.person, jsonBody(template), &made)
	return made.ID, err
}

// end ends the process of an instance, which sends it in.
func (o *outbox) end(id string) error {
	now := time.Now().UTC()
	ended := map[string]any{"started": now, "startEvent": "StartEvent_1", "ended": now, "endEvent": "EndEvent_1"}
	return o.wire.call(http.MethodPut, storageURL+"/"+id+"/process", o.person, jsonBody(ended), nil)
}
