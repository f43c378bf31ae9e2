package storage

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/stafett/stafett/app"
	"github.com/stafett/stafett/local/authentication"
	"github.com/stafett/stafett/local/authorization"
)

// defaultMaxData is the platform's limit on one data element, in bytes.
const defaultMaxData = 2000 << 20

// Config says where things are kept and who is asked.
type Config struct {
	// Dir is an existing folder of the stand-in's own. What lies there from an
	// earlier run is served again.
	Dir string
	// Platform is the base address under which clients reach Storage and Storage
	// reaches the decision point and Register, such as
	// https://platform.tt02.altinn.no.
	Platform string
	// AppsDomain is what follows the owner's code in the host names of
	// applications, such as apps.tt02.altinn.no.
	AppsDomain string
	// HTTPClient reaches the platform; nil means [http.DefaultClient].
	HTTPClient *http.Client
	// Applications finds an application by its id, {org}/{app}.
	Applications func(appID string) (*app.Folder, bool)
	// Verifier checks the callers' tokens.
	Verifier authentication.TokenVerifier
	// RequireWriteScope demands altinn:serviceowner/instances.write of
	// organisations that write; nil means true. Whether the platform does is not
	// known: its source does not, its gateway may.
	RequireWriteScope *bool
	// Deleted is told of each instance that has been deleted for good, by the id of its
	// application and its own, {party}/{guid}; nil tells nobody. Those that
	// [Server.Clear] removes are not told.
	Deleted func(appID, instanceID string)
	// MaxDataSize is the limit on one data element in bytes; 0 means 2000 MiB.
	MaxDataSize int64
	// Now is the clock; nil means [time.Now].
	Now func() time.Time
	// Logger gets what goes wrong inside; nil discards it.
	Logger *slog.Logger
}

// Server is the stand-in. It is safe for concurrent use.
type Server struct {
	cfg       Config
	db        *database
	blobs     *blobs
	decisions authorization.Client
	mux       *http.ServeMux
}

// New opens or makes the store in cfg.Dir. The caller closes it.
func New(cfg Config) (*Server, error) {
	if cfg.Applications == nil || cfg.Verifier == nil || cfg.Platform == "" || cfg.AppsDomain == "" {
		return nil, errors.New("start storage: applications, token verifier, platform address and applications' domain are needed")
	}
	if _, err := os.Stat(cfg.Dir); err != nil {
		return nil, fmt.Errorf("start storage: %w", err)
	}
	cfg.Platform = strings.TrimSuffix(cfg.Platform, "/")
	if cfg.HTTPClient == nil {
		cfg.HTTPClient = http.DefaultClient
	}
	if cfg.RequireWriteScope == nil {
		cfg.RequireWriteScope = new(true)
	}
	if cfg.Deleted == nil {
		cfg.Deleted = func(string, string) {}
	}
	if cfg.MaxDataSize == 0 {
		cfg.MaxDataSize = defaultMaxData
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
	blobs, err := openBlobs(cfg.Dir)
	if err != nil {
		return nil, err
	}
	db, err := openDatabase(cfg.Dir)
	if err != nil {
		return nil, err
	}
	s := &Server{
		cfg: cfg, db: db, blobs: blobs, mux: http.NewServeMux(),
		decisions: authorization.Client{Platform: cfg.Platform, HTTPClient: cfg.HTTPClient},
	}
	s.routes()
	return s, nil
}

// Close lets go of the files. No request may be under way.
func (s *Server) Close() error { return s.db.sql.Close() }

// ServeHTTP serves the paths below /storage/api/v1/ of the platform host. What is
// not there, or not in this way, is answered without a body.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if _, pattern := s.mux.Handler(r); pattern == "" {
		w = bodiless{w}
	}
	s.mux.ServeHTTP(w, r)
}

// bodiless is an answer of which only status and headers are sent.
type bodiless struct{ http.ResponseWriter }

// Write implements io.Writer.
func (b bodiless) Write(p []byte) (int, error) { return len(p), nil }

// WriteHeader implements [http.ResponseWriter].
func (b bodiless) WriteHeader(status int) {
	b.Header().Del("Content-Type")
	b.ResponseWriter.WriteHeader(status)
}

func (s *Server) routes() {
	const (
		base     = "/storage/api/v1"
		list     = base + "/instances"
		instance = list + "/{party}/{guid}"
		data     = instance + "/data/{data}"
	)
	s.route("POST "+list, writes, s.createInstance)
	s.route("GET "+list, reads, s.listInstances)

	s.route("GET "+list+"/{guid}", reads, s.getInstance)
	s.route("GET "+instance, reads, s.getInstance)
	s.route("DELETE "+instance, writes, s.onInstance(forbidden, s.deleteInstance))
	s.route("POST "+instance+"/complete", writes, s.onInstance(forbidden, s.confirmComplete))
	s.route("PUT "+instance+"/readstatus", reads, s.onInstance(forbidden, s.putReadStatus))
	s.route("PUT "+instance+"/substatus", writes, s.putSubstatus)
	s.route("PUT "+instance+"/presentationtexts", writes, s.putPresentationTexts)
	s.route("PUT "+instance+"/datavalues", writes, s.putDataValues)
	s.route("POST "+instance+"/sign", writes, s.onInstance(forbidden, s.sign))
	s.route("POST "+instance+"/lock", writes, s.acquireLock)
	s.route("PATCH "+instance+"/lock", writes, s.changeLock)

	s.route("POST "+instance+"/data", writes, s.onInstance(forbidden, s.createData))
	s.route("GET "+data, reads, s.onInstance(unableToFindAny, s.getData))
	s.route("PUT "+data, writes, s.onInstance(forbidden, s.replaceData))
	s.route("DELETE "+data, writes, s.onInstance(forbidden, s.deleteData))
	s.route("PUT "+data+"/lock", writes, s.onInstance(forbidden, s.lockData))
	s.route("DELETE "+data+"/lock", writes, s.onInstance(forbidden, s.unlockData))
	s.route("GET "+instance+"/dataelements", reads, s.onInstance(unableToFindAny, s.listElements))
	s.route("PUT "+instance+"/dataelements/{data}", writes, s.onInstance(forbidden, s.putElement))
	s.route("PUT "+instance+"/dataelements/{data}/filescanstatus", platform, s.onInstance(notFoundProblem, s.putFileScanStatus))

	s.route("PUT "+instance+"/process", writes, s.putProcess)
	s.route("PUT "+instance+"/process/instanceandevents", writes, s.putProcessAndEvents)
	s.route("GET "+instance+"/process/history", reads, s.onInstance(forbidden, s.processHistory))
	s.route("GET "+instance+"/process/authinfo", platform, s.onInstance(unableToFind, s.authInfo))

	s.route("POST "+instance+"/events", reads, s.onInstance(forbidden, s.createEvent))
	s.route("GET "+instance+"/events", reads, s.onInstance(forbidden, s.listEvents))
	s.route("GET "+instance+"/events/{event}", reads, s.onInstance(forbidden, s.getEvent))

	s.route("GET "+base+"/applications/{org}/{app}", anyone, s.getApplication)
	s.route("GET "+base+"/applications/{org}/{app}/texts/{language}", reads, s.getTexts)
}
