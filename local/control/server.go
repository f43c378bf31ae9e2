package control

import (
	"bytes"
	"cmp"
	"context"
	"crypto/rand"
	"crypto/subtle"
	_ "embed" // for openAPI
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/stafett/stafett/local/fault"
	"github.com/stafett/stafett/local/front"
	"github.com/stafett/stafett/secret"
)

const (
	// maxBody bounds a request, in bytes.
	maxBody = 1 << 20
	// timeout bounds a request and its answer.
	timeout = 10 * time.Second
	// closing is how long the server waits for what it answers when it is closed.
	closing = 5 * time.Second
)

// Config is what a [Server] steers.
type Config struct {
	Faults   *fault.Set
	Forwards *front.Forwards
	// Stands are the stand-ins' settings and stored dates; nil means that they
	// cannot be steered.
	Stands Stands
	// Service is the handover service beside the platform; nil means that there is none.
	Service Service
}

// Server is a control address. It is safe for concurrent use.
type Server struct {
	cfg     Config
	token   secret.String
	address string
	http    *http.Server
	cancel  context.CancelFunc // of all that is answered
	serving sync.WaitGroup
}

// Serve opens a control address on a free loopback port, with a token that is
// made at random. The context bounds the start only; Close ends the server.
func Serve(ctx context.Context, cfg Config) (*Server, error) {
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("listen for the control address: %w", err)
	}
	s := &Server{cfg: cfg, token: secret.New(rand.Text() + rand.Text()), address: listener.Addr().String()} // 2 × 130 bits
	mux := http.NewServeMux()
	for pattern, handler := range s.openHandlers() {
		mux.HandleFunc(pattern, handler)
	}
	for pattern, handler := range s.handlers() {
		mux.HandleFunc(pattern, s.authenticated(handler))
	}
	mux.HandleFunc("/", refuseOthers(mux))
	base, cancel := context.WithCancel(context.WithoutCancel(ctx))
	s.cancel = cancel
	s.http = &http.Server{
		Handler: s.addressed(mux), ReadTimeout: timeout, WriteTimeout: timeout, IdleTimeout: time.Minute,
		BaseContext: func(net.Listener) context.Context { return base },
	}
	s.serving.Go(func() { _ = s.http.Serve(listener) })
	return s, nil
}

// openAPI describes the address: an OpenAPI 3.1 document.
//
//go:embed openapi.json
var openAPI []byte

// openHandlers are those for whoever asks.
func (s *Server) openHandlers() map[string]http.HandlerFunc {
	return map[string]http.HandlerFunc{
		"GET /healthz": func(w http.ResponseWriter, _ *http.Request) {
			answer(w, http.StatusOK, healthBody{"ok"})
		},
		"GET /openapi.json": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			_, _ = w.Write(openAPI) // the caller is gone
		},
	}
}

type healthBody struct {
	Status string `json:"status"`
}

// handlers are those for who has the token.
func (s *Server) handlers() map[string]http.HandlerFunc {
	handlers := map[string]http.HandlerFunc{
		"GET /faults":             s.listFaults,
		"POST /faults":            s.addFault,
		"DELETE /faults":          s.clearFaults,
		"DELETE /faults/{id}":     s.removeFault,
		"GET /forwards":           s.listForwards,
		"PUT /forwards/{host}":    s.setForward,
		"DELETE /forwards/{host}": s.removeForward,
	}
	if s.cfg.Stands != nil {
		maps.Copy(handlers, s.standHandlers())
		maps.Copy(handlers, s.vaultHandlers())
		maps.Copy(handlers, s.stateHandlers())
	}
	if s.cfg.Service != nil {
		maps.Copy(handlers, s.serviceHandlers())
	}
	return handlers
}

// URL returns the address, such as http://127.0.0.1:40123.
func (s *Server) URL() string { return "http://" + s.address }

// Token returns the bearer token that requests need.
func (s *Server) Token() secret.String { return s.token }

// Close ends the server. The contexts of all that it answers end at once; what is not
// over five seconds later is cut off.
func (s *Server) Close() error {
	s.cancel()
	ctx, cancel := context.WithTimeout(context.Background(), closing)
	defer cancel()
	err := s.http.Shutdown(ctx)
	if err != nil {
		err = s.http.Close()
	}
	s.serving.Wait()
	return err
}

// takeTime lets a request, with its answer, last as long as a seed may.
func takeTime(w http.ResponseWriter) {
	waits, end := http.NewResponseController(w), time.Now().Add(seedTimeout)
	_, _ = waits.SetReadDeadline(end), waits.SetWriteDeadline(end) // the connection is a loopback one of this server, which has both
}

// addressed refuses what a page in a browser can send here under a name of its
// own that resolves to this machine.
func (s *Server) addressed(next http.Handler) http.Handler {
	_, port, _ := net.SplitHostPort(s.address)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Host != s.address && r.Host != "localhost:"+port {
			refuse(w, http.StatusMisdirectedRequest, "the host header names another address than "+s.address)
			return
		}
		next.ServeHTTP(w, r)
	})
}

func (s *Server) authenticated(next http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		token, bearer := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
		if !bearer || subtle.ConstantTimeCompare([]byte(token), []byte(s.token.Reveal())) != 1 {
			w.Header().Set("WWW-Authenticate", "Bearer")
			refuse(w, http.StatusUnauthorized, "send the token of the ready line or the state file: Authorization: Bearer")
			return
		}
		limit := int64(maxBody)
		if r.URL.Path == seedPath {
			limit = maxSeedBody
		}
		r.Body = http.MaxBytesReader(w, r.Body, limit)
		next(w, r)
	}
}

// refuseOthers answers requests for which the mux has nothing else.
func refuseOthers(mux *http.ServeMux) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		var allowed []string
		for _, method := range []string{http.MethodGet, http.MethodPost, http.MethodPut, http.MethodDelete} {
			other := r.Clone(r.Context())
			other.Method = method
			if _, pattern := mux.Handler(other); pattern != "/" {
				allowed = append(allowed, method)
			}
		}
		if len(allowed) == 0 {
			refuse(w, http.StatusNotFound, "there is nothing here; GET /openapi.json describes what there is")
			return
		}
		w.Header().Set("Allow", strings.Join(allowed, ", "))
		refuse(w, http.StatusMethodNotAllowed, "use "+strings.Join(allowed, ", ")+" here")
	}
}

type faultList struct {
	Faults []fault.Active `json:"faults"`
}

func (s *Server) listFaults(w http.ResponseWriter, _ *http.Request) {
	answer(w, http.StatusOK, faultList{s.cfg.Faults.List()})
}

type addedFault struct {
	ID int `json:"id"`
}

func (s *Server) addFault(w http.ResponseWriter, r *http.Request) {
	var rule fault.Rule
	if err := decode(r.Body, &rule); err != nil {
		refuse(w, http.StatusBadRequest, err.Error())
		return
	}
	id, err := s.cfg.Faults.Add(rule)
	if err != nil {
		refuse(w, http.StatusUnprocessableEntity, err.Error())
		return
	}
	answer(w, http.StatusCreated, addedFault{id})
}

func (s *Server) clearFaults(w http.ResponseWriter, _ *http.Request) {
	s.cfg.Faults.Clear()
	w.WriteHeader(http.StatusNoContent)
}

func (s *Server) removeFault(w http.ResponseWriter, r *http.Request) {
	id, err := strconv.Atoi(r.PathValue("id"))
	if err != nil || !s.cfg.Faults.Remove(id) {
		refuse(w, http.StatusNotFound, fmt.Sprintf("there is no fault %q", r.PathValue("id")))
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

type forwardList struct {
	Forwards map[string]string `json:"forwards"`
}

func (s *Server) listForwards(w http.ResponseWriter, _ *http.Request) {
	answer(w, http.StatusOK, forwardList{s.cfg.Forwards.List()})
}

type forwardTarget struct {
	URL string `json:"url"`
}

func (s *Server) setForward(w http.ResponseWriter, r *http.Request) {
	var target forwardTarget
	if err := decode(r.Body, &target); err != nil {
		refuse(w, http.StatusBadRequest, err.Error())
		return
	}
	if err := s.cfg.Forwards.Set(r.PathValue("host"), target.URL); err != nil {
		refuse(w, http.StatusUnprocessableEntity, err.Error())
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

func (s *Server) removeForward(w http.ResponseWriter, r *http.Request) {
	if !s.cfg.Forwards.Remove(r.PathValue("host")) {
		refuse(w, http.StatusNotFound, fmt.Sprintf("there is no forward for %q", r.PathValue("host")))
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

// decode reads one JSON document, and nothing besides.
func decode(body io.Reader, into any) error {
	content, err := io.ReadAll(body)
	if err != nil {
		return fmt.Errorf("read the body: %w", err)
	}
	if err := decodeStrictly(content, into); err != nil {
		return fmt.Errorf("read the body: %w", err)
	}
	return nil
}

// decodeIfAny is decode where the body may be empty.
func decodeIfAny(body io.Reader, into any) error {
	content, err := io.ReadAll(body)
	if err != nil {
		return fmt.Errorf("read the body: %w", err)
	}
	if len(bytes.TrimSpace(content)) == 0 {
		return nil
	}
	return decode(bytes.NewReader(content), into)
}

// decodeStrictly refuses members that the target does not have. The error tells
// where, and nothing of what stands there: that can be a secret.
func decodeStrictly(content []byte, into any) error {
	decoder := json.NewDecoder(bytes.NewReader(content))
	decoder.DisallowUnknownFields()
	err := decoder.Decode(into)
	wrong := new(json.UnmarshalTypeError)
	switch {
	case errors.Is(err, io.EOF):
		return errors.New("there is no JSON document")
	case errors.As(err, &wrong):
		kind, _, _ := strings.Cut(wrong.Value, " ")
		return fmt.Errorf("%q cannot be JSON's %s", cmp.Or(wrong.Field, "the document"), kind)
	case err != nil:
		return err
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return errors.New("there is more after the JSON document")
	}
	return nil
}

func answer(w http.ResponseWriter, status int, document any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(document)
}

// problem is a problem document of RFC 9457.
type problem struct {
	Title  string `json:"title"`
	Status int    `json:"status"`
	Detail string `json:"detail"`
}

func refuse(w http.ResponseWriter, status int, detail string) {
	w.Header().Set("Content-Type", "application/problem+json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(problem{http.StatusText(status), status, detail})
}
