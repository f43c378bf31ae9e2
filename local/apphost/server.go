package apphost

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/stafett/stafett/app"
	"github.com/stafett/stafett/local/authentication"
	"github.com/stafett/stafett/secret"
)

// DefaultMaxBody is the largest request body that an application takes: 2000 MiB.
const DefaultMaxBody = 2000 << 20

// Config says which application to serve, and where the platform is.
type Config struct {
	// Folder is the application.
	Folder *app.Folder
	// Platform is the base address of the platform, such as
	// https://platform.tt02.altinn.no, with no slash at the end.
	Platform string
	// HTTPClient reaches the platform; nil means [http.DefaultClient]. Redirects
	// are not followed.
	HTTPClient *http.Client
	// Verifier tells whose a token is.
	Verifier authentication.TokenVerifier
	// Now is the clock; nil means [time.Now].
	Now func() time.Time
	// Logger gets one line for each request that fails, without bodies; nil
	// discards.
	Logger *slog.Logger
	// Production is the application's hosting environment. Only there is
	// disallowUserInstantiation enforced.
	Production bool
	// MaxBody is the largest request body in bytes; 0 means [DefaultMaxBody].
	MaxBody int64
	// EventCode gives the secret EventSubscription--SecretCode of the
	// application's vault, which whoever sends it events must know; nil means that
	// there is none.
	EventCode func(ctx context.Context) (secret.String, error)
	// SpoolDir is where parts of requests wait that are too big for memory;
	// empty means [os.TempDir].
	SpoolDir string
}

// Server is the application. It is safe for concurrent use.
type Server struct {
	cfg      Config
	folder   *app.Folder
	platform *platform
	scopes   *apiScopes
	settings settings
	rules    map[string][]fieldRules // by data type
	payments *provider
	antiKey  []byte
	mux      *http.ServeMux
}

// New makes a server for the paths below /{org}/{app}/.
func New(cfg Config) (*Server, error) {
	switch {
	case cfg.Folder == nil:
		return nil, errors.New("start application: no folder")
	case cfg.Platform == "":
		return nil, errors.New("start application: no platform address")
	case cfg.Verifier == nil:
		return nil, errors.New("start application: no token verifier")
	}
	cfg.Platform = strings.TrimSuffix(cfg.Platform, "/")
	if cfg.HTTPClient == nil {
		cfg.HTTPClient = http.DefaultClient
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
	if cfg.MaxBody == 0 {
		cfg.MaxBody = DefaultMaxBody
	}
	scopes, err := readAPIScopes(cfg.Folder)
	if err != nil {
		return nil, fmt.Errorf("start application %s: %w", cfg.Folder.ID, err)
	}
	settings, err := readSettings(cfg.Folder)
	if err != nil {
		return nil, fmt.Errorf("start application %s: %w", cfg.Folder.ID, err)
	}
	rules, err := rulesOf(cfg.Folder, cfg.Logger)
	if err != nil {
		return nil, fmt.Errorf("start application %s: %w", cfg.Folder.ID, err)
	}
	s := &Server{
		cfg:      cfg,
		folder:   cfg.Folder,
		platform: newPlatform(cfg.Platform, cfg.HTTPClient),
		scopes:   scopes,
		settings: settings,
		rules:    rules,
		payments: &provider{payments: map[string]*startedPayment{}},
		antiKey:  make([]byte, 32),
		mux:      http.NewServeMux(),
	}
	_, _ = rand.Read(s.antiKey) // never fails, see its documentation
	s.routes()
	return s, nil
}

// With makes a server for the same application as another folder describes it, as
// after a new deployment: what was begun at the one, such as a payment, goes on at the
// other.
func (s *Server) With(folder *app.Folder) (*Server, error) {
	cfg := s.cfg
	cfg.Folder = folder
	next, err := New(cfg)
	if err != nil {
		return nil, err
	}
	next.payments, next.antiKey = s.payments, s.antiKey
	return next, nil
}

// Forget lets go of what is kept of an instance, {party}/{guid}, besides what Storage
// has: its payments at the stand-in for their provider. It is for an instance that is
// deleted for good.
func (s *Server) Forget(instanceID string) {
	s.payments.forget(func(id string) bool { return id == instanceID })
}

// Clear does what [Server.Forget] does, for all instances.
func (s *Server) Clear() {
	s.payments.forget(func(string) bool { return true })
}

// ServeHTTP serves the application.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("X-Frame-Options", "deny")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("X-XSS-Protection", "0")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Cache-Control", "no-store, no-cache")
	r.Body = http.MaxBytesReader(w, r.Body, s.cfg.MaxBody)
	s.mux.ServeHTTP(w, r)
}

// handler answers one request of an authenticated caller. What it returns as an
// error is answered by [Server.fail]; it must not have written anything then.
type handler func(w http.ResponseWriter, c *call) error

func (s *Server) routes() {
	root := "/" + s.folder.ID
	open := func(pattern string, h http.HandlerFunc) {
		method, path, _ := strings.Cut(pattern, " ")
		s.mux.HandleFunc(method+" "+root+path, h)
	}
	secured := func(pattern string, h handler) { open(pattern, s.authenticated(h)) }
	instance := func(pattern string, h handler) {
		method, path, _ := strings.Cut(pattern, " ")
		secured(method+" /instances/{party}/{guid}"+path, s.ofInstance(h))
	}

	open("GET /{$}", s.startPage)
	open("GET /api/v1/applicationmetadata", s.applicationMetadata)
	open("GET /api/v1/meta/authorizationpolicy", s.authorizationPolicy)
	open("GET /api/v1/meta/process", s.processDefinition)
	open("GET /api/v1/texts/{language}", s.texts)
	open("GET /api/v1/applicationsettings", s.applicationSettings)
	open("GET /api/layoutsets", s.layoutSets)
	open("GET /api/layouts", s.layouts)
	open("GET /api/layouts/{set}", s.layouts)
	open("GET /api/layoutsettings", s.layoutSettings)
	open("GET /api/layoutsettings/{set}", s.layoutSettings)
	open("GET /api/jsonschema/{dataType}", s.jsonSchema)
	open("GET /api/validationconfig/{dataType}", s.validationConfig)
	open("GET /api/rulehandler/{set}", s.noContent)
	open("GET /api/ruleconfiguration/{set}", s.noContent)
	open("GET /api/v1/footer", s.noContent)
	open("GET /api/options/{options}", s.options)
	secured("GET /api/v1/applicationlanguages", s.applicationLanguages)
	secured("GET /api/v1/profile/user", s.profile)
	secured("GET /api/v1/parties", s.parties)
	secured("PUT /api/v1/parties/{party}", s.selectParty)
	secured("GET /api/authorization/parties/current", s.currentParty)
	secured("POST /api/v1/parties/validateInstantiation", s.validateInstantiation)
	secured("GET /api/v1/lookup/organisation/{number}", s.lookupOrganisation)

	open("POST /api/v1/eventsreceiver", s.receiveEvent)
	secured("GET /v1/data", s.statelessData)
	secured("POST /v1/data", s.statelessData)
	open("GET /v1/data/anonymous", s.anonymousData)
	open("POST /v1/data/anonymous", s.anonymousData)
	open("GET /stand-in-payment/{payment}", s.showPayment)
	open("POST /stand-in-payment/{payment}", s.decidePayment)

	secured("POST /instances/create", s.createSimplified)
	secured("POST /instances", s.createFromTemplate)
	secured("GET /instances/{party}/active", s.activeInstances)

	secured("GET /legacy/instances/{party}/{guid}/copy", s.ofInstance(s.copyInstance))

	instance("GET ", s.getInstance)
	instance("DELETE ", s.deleteInstance)
	instance("PUT /substatus", s.putSubstatus)
	instance("POST /complete", s.completeInstance)
	instance("GET /validate", s.validate)
	instance("GET /filescanresult", s.fileScanResult)
	instance("GET /options/{options}", s.instanceOptions)

	instance("POST /data", s.createData)
	instance("PATCH /data", s.patchData)
	instance("POST /data/{dataType}", s.createDataOfType)
	instance("POST /data/{data}/{name}", s.postBelowData)
	instance("GET /data/{data}", s.getData)
	instance("GET /data/{data}/type/{dataType}", s.getData)
	instance("GET /data/{data}/validate", s.validateData)
	instance("PUT /data/{data}", s.putData)
	instance("PUT /data/{data}/type/{dataType}", s.putData)
	instance("PATCH /data/{data}", s.patchOne)
	instance("DELETE /data/{data}", s.deleteData)
	instance("GET /data/{data}/tags", s.getTags)
	instance("DELETE /data/{data}/tags/{tag}", s.removeTag)

	instance("POST /actions", s.performAction)
	instance("GET /payment", s.getPayment)
	instance("GET /payment/order-details", s.orderDetails)

	instance("GET /process", s.getProcess)
	instance("POST /process/start", s.startProcess)
	instance("GET /process/next", s.nextElements)
	instance("PUT /process/next", s.processNext)
	instance("PUT /process/completeProcess", s.completeProcess)
	instance("GET /process/history", s.processHistory)
}
