package browsertest

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
	"sync"

	"github.com/chromedp/cdproto/browser"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
)

// watch notes what happens behind a page. The browser's own goroutine tells it.
type watch struct {
	mu      sync.Mutex
	hosts   map[string]bool   // that may be asked, with port
	asked   map[string]string // request id → what is asked for
	loads   int               // pages loaded until now
	status  int               // of the answer that the page was made of
	noted   []string
	saved   map[string]download // by the browser's id
	waiting chan struct{}       // closed when something has changed
}

type download struct {
	id, name string
	done     bool
	fault    string
}

func newWatch() *watch {
	return &watch{hosts: map[string]bool{}, asked: map[string]string{}, saved: map[string]download{}, waiting: make(chan struct{})}
}

// allow lets the page ask the host of an address.
func (w *watch) allow(address string) {
	if u, err := url.Parse(address); err == nil {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.hosts[u.Host] = true
	}
}

// faults returns what has gone wrong, once each.
func (w *watch) faults() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	slices.Sort(w.noted)
	return slices.Compact(w.noted)
}

// state returns how many pages have been loaded, the status of the last one, and a
// channel that closes when that, or anything else, changes.
func (w *watch) state() (loads, status int, changed <-chan struct{}) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.loads, w.status, w.waiting
}

func (w *watch) note(event any) {
	w.mu.Lock()
	defer w.mu.Unlock()
	fault := func(format string, args ...any) { w.noted = append(w.noted, fmt.Sprintf(format, args...)) }
	switch e := event.(type) {
	case *network.EventRequestWillBeSent:
		u, err := url.Parse(e.Request.URL)
		if err != nil {
			fault("asks for %q", e.Request.URL)
			return
		}
		w.asked[string(e.RequestID)] = e.Request.Method + " " + u.Path
		if u.Host != "" && !w.hosts[u.Host] {
			fault("asks another host: %s %s", e.Request.Method, e.Request.URL)
		}
	case *network.EventResponseReceived:
		if e.Type == network.ResourceTypeDocument {
			w.status = int(e.Response.Status)
		} else if e.Response.Status >= 400 {
			fault("%s (%s) is answered with %d", w.asked[string(e.RequestID)], e.Type, e.Response.Status)
		}
	case *network.EventLoadingFailed:
		if !e.Canceled && e.Type != network.ResourceTypeDocument {
			fault("%s (%s) fails: %s%s", w.asked[string(e.RequestID)], e.Type, e.ErrorText, e.BlockedReason)
		}
	case *runtime.EventExceptionThrown:
		text := e.ExceptionDetails.Text
		if x := e.ExceptionDetails.Exception; x != nil {
			text += " " + x.Description
		}
		fault("a script fails: %s", text)
	case *runtime.EventConsoleAPICalled:
		if e.Type == runtime.ConsoleAPICalledTypeError || e.Type == runtime.ConsoleAPICalledTypeWarning || e.Type == runtime.ConsoleAPICalledTypeAssert {
			var said []string
			for _, arg := range e.Args {
				said = append(said, string(arg.Value)+arg.Description)
			}
			fault("the console tells: %s", strings.Join(said, " "))
		}
	case *log.EventEntryAdded:
		// What the network tells is noted from the answers, with what was asked.
		if e.Entry.Level == log.EntryLevelError && e.Entry.Source != log.EntrySourceNetwork {
			fault("the browser tells: %s", e.Entry.Text)
		}
	case *page.EventJavascriptDialogOpening:
		fault("a script asks: %s", e.Message)
	case *page.EventLoadEventFired:
		w.loads++
	case *page.EventFrameNavigated:
		if e.Type == page.NavigationTypeBackForwardCacheRestore { // as it was left, and not loaded anew
			w.loads++
		}
	case *browser.EventDownloadWillBegin:
		w.saved[e.GUID] = download{id: e.GUID, name: e.SuggestedFilename}
	case *browser.EventDownloadProgress:
		d := w.saved[e.GUID]
		switch e.State {
		case browser.DownloadProgressStateCompleted:
			d.done = true
		case browser.DownloadProgressStateCanceled:
			d.done, d.fault = true, "the browser gives the file up"
		default:
		}
		w.saved[e.GUID] = d
	default:
		return
	}
	close(w.waiting)
	w.waiting = make(chan struct{})
}

// forgive forgets what has been noted so far with these words in it, and reports
// whether there was any.
func (w *watch) forgive(words string) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	before := len(w.noted)
	w.noted = slices.DeleteFunc(w.noted, func(fault string) bool { return strings.Contains(fault, words) })
	return len(w.noted) < before
}

// finished takes a file out of those that have come.
func (w *watch) finished() (download, bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for id, d := range w.saved {
		if d.done {
			delete(w.saved, id)
			return d, true
		}
	}
	return download{}, false
}
