package register

import (
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
	UserType    int             `json:"userType"` // 1: with a national identity number
	Preference  wirePreferences `json:"profileSettingPreference"`
}

type wirePreferences struct {
	Language         string `json:"language"`
	PreSelectedParty int    `json:"preSelectedPartyId"`
	DoNotPrompt      bool   `json:"doNotPromptForParty"`
}

// profile shows users themselves.
func (s *Server) profile(w http.ResponseWriter, r *http.Request, caller authentication.Principal) {
	id, err := strconv.Atoi(r.PathValue("userId"))
	if err != nil {
		writeProblem(w, http.StatusBadRequest)
		return
	}
	if caller.UserID != id {
		w.WriteHeader(http.StatusForbidden)
		return
	}
	party, ok := s.cfg.Parties.ByUser(id)
	if !ok {
		writeProblem(w, http.StatusNotFound)
		return
	}
	writeJSON(w, wireProfile{
		UserID: id, UserUUID: party.PartyUUID, PartyID: party.PartyID, Party: party, UserType: 1,
		Preference: wirePreferences{Language: "nb"},
	})
}
