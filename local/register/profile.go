package register

import (
	"io"
	"net/http"
	"strconv"

	"github.com/stafett/stafett/local/authentication"
)

// wireProfile is a user in the form of the Profile API. What nobody has told the
// local platform is null.
type wireProfile struct {
	UserID      int             `json:"userId"`
	UserUUID    string          `json:"userUuid"`
	UserName    string          `json:"userName"`
	Identity    *string         `json:"externalIdentity"`
	IsReserved  bool            `json:"isReserved"`
	PhoneNumber *string         `json:"phoneNumber"`
	Email       *string         `json:"email"`
	PartyID     int             `json:"partyId"`
	Party       Party           `json:"party"`
	UserType    int             `json:"userType"` // 1: with a national identity number, 2: self-identified
	Preference  wirePreferences `json:"profileSettingPreference"`
}

type wirePreferences struct {
	Language         string `json:"language"`
	PreSelectedParty int    `json:"preSelectedPartyId"`
	DoNotPrompt      bool   `json:"doNotPromptForParty"`
}

// profile shows users themselves, and anybody to those who show a platform access
// token.
func (s *Server) profile(w http.ResponseWriter, r *http.Request, caller authentication.Principal) {
	id, err := strconv.Atoi(r.PathValue("userId"))
	if err != nil {
		w.WriteHeader(http.StatusNotFound) // a path that is none
		return
	}
	if caller.UserID != id && !s.isApplication(r) {
		w.WriteHeader(http.StatusForbidden)
		return
	}
	s.writeProfile(w, id)
}

// ownProfile shows users themselves.
func (s *Server) ownProfile(w http.ResponseWriter, _ *http.Request, caller authentication.Principal) {
	if caller.UserID == 0 {
		w.Header().Set("Content-Type", "application/json; charset=utf-8")
		w.WriteHeader(http.StatusBadRequest)
		_, _ = io.WriteString(w, `"Invalid request context. UserId must be provided in claims."`)
		return
	}
	s.writeProfile(w, caller.UserID)
}

func (s *Server) writeProfile(w http.ResponseWriter, id int) {
	party, ok := s.cfg.Parties.ByUser(id)
	if !ok {
		writeProblem(w, http.StatusNotFound)
		return
	}
	profile := wireProfile{
		UserID: id, UserUUID: party.PartyUUID, PartyID: party.PartyID, Party: party, UserType: 1,
		Preference: wirePreferences{Language: "nb"},
	}
	if party.TypeName == TypeSelfIdentified {
		profile.UserType, profile.UserName = 2, party.Name
	}
	writeJSON(w, profile)
}
