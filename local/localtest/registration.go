package localtest

import (
	"encoding/json"
	"maps"
	"mime"
	"net"
	"net/http"
	"strconv"
	"sync"
	"time"
)

// maxRegistration bounds the body of a registration, in bytes.
const maxRegistration = 64 << 10

// registration is an application that listens on another port than 5005.
type registration struct {
	AppID        string    `json:"appId"`
	Port         int       `json:"port"`
	Hostname     string    `json:"hostname"`
	RegisteredAt time.Time `json:"registeredAt"`
}

type registrations struct {
	mu   sync.Mutex
	byID map[string]registration
}

// registerApp lets an application tell on which port it listens. Only those are
// known that the platform was told of at start, since it needs their names then.
func (s *Server) registerApp(w http.ResponseWriter, r *http.Request) {
	var asked struct {
		AppID string `json:"appId"`
		Port  int    `json:"port"`
	}
	// A page in a browser cannot send JSON here without being allowed to.
	if kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || kind != "application/json" {
		w.WriteHeader(http.StatusUnsupportedMediaType)
		return
	}
	if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxRegistration)).Decode(&asked); err != nil {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	switch {
	case asked.AppID == "":
		writeText(w, http.StatusBadRequest, "AppId is required")
		return
	case asked.Port <= 0 || asked.Port > 65535:
		writeText(w, http.StatusBadRequest, "Invalid port number")
		return
	}
	const host = "127.0.0.1"
	known, err := s.cfg.Move(asked.AppID, "http://"+net.JoinHostPort(host, strconv.Itoa(asked.Port)))
	switch {
	case err != nil:
		writeText(w, http.StatusBadRequest, err.Error())
		return
	case !known:
		writeText(w, http.StatusBadRequest, asked.AppID+" is not one of the applications that run as processes of their own; start the local platform with --app "+asked.AppID+"=http://localhost:"+strconv.Itoa(asked.Port))
		return
	}
	made := registration{AppID: asked.AppID, Port: asked.Port, Hostname: host, RegisteredAt: time.Now().UTC()}
	s.register.mu.Lock()
	if s.register.byID == nil {
		s.register.byID = make(map[string]registration)
	}
	s.register.byID[made.AppID] = made
	s.register.mu.Unlock()
	writeJSON(w, http.StatusOK, map[string]any{"message": "App registered successfully", "appId": made.AppID, "port": made.Port, "hostname": made.Hostname})
}

func (s *Server) listRegistrations(w http.ResponseWriter, _ *http.Request) {
	s.register.mu.Lock()
	defer s.register.mu.Unlock()
	all := make(map[string]registration, len(s.register.byID))
	maps.Copy(all, s.register.byID)
	writeJSON(w, http.StatusOK, all)
}

// unregisterApp forgets a registration. Requests go where they went before it.
func (s *Server) unregisterApp(w http.ResponseWriter, r *http.Request) {
	id := r.PathValue("appId")
	if id == "" {
		id = r.PathValue("org") + "/" + r.PathValue("app")
	}
	s.register.mu.Lock()
	_, known := s.register.byID[id]
	delete(s.register.byID, id)
	s.register.mu.Unlock()
	if !known {
		writeJSON(w, http.StatusNotFound, map[string]string{"message": "App not found", "appId": id})
		return
	}
	if _, err := s.cfg.Move(id, ""); err != nil {
		writeText(w, http.StatusInternalServerError, err.Error())
		return
	}
	writeJSON(w, http.StatusOK, map[string]string{"message": "App unregistered successfully", "appId": id})
}
