package selfservice

import (
	"encoding/json"
	"fmt"
	"net/http"
)

func (s *Server) getKeys(r *http.Request, who caller) (int, any, error) {
	found, err := s.own(r, who)
	if err != nil {
		return 0, nil, err
	}
	return http.StatusOK, found.Keys, nil
}

func (s *Server) replaceKeys(r *http.Request, who caller) (int, any, error) {
	found, err := s.own(r, who)
	if err != nil {
		return 0, nil, err
	}
	var body struct {
		Keys []json.RawMessage `json:"keys"`
	}
	if err := readJSON(r, &body); err != nil {
		return 0, nil, err
	}
	// Keys are decoded one by one so that a fault names its key.
	keys := make([]Key, len(body.Keys))
	problems := newValidation("jwks")
	for i, raw := range body.Keys {
		if err := json.Unmarshal(raw, &keys[i]); err != nil {
			problems.add(fmt.Sprintf("keys[%d]", i), err.Error())
		}
	}
	if err := problems.err(); err != nil {
		return 0, nil, err
	}
	set, err := s.registry.ReplaceKeys(found.Client.ClientID, keys)
	return s.status(who, http.StatusCreated), set, err
}

func (s *Server) removeKeys(r *http.Request, who caller) (int, any, error) {
	found, err := s.own(r, who)
	if err != nil {
		return 0, nil, err
	}
	return s.status(who, http.StatusNoContent), nil, s.registry.RemoveKeys(found.Client.ClientID)
}

func (s *Server) getKey(r *http.Request, who caller) (int, any, error) {
	found, err := s.own(r, who)
	if err != nil {
		return 0, nil, err
	}
	key, ok := found.Keys.Key(r.PathValue("kid"))
	if !ok {
		return 0, nil, errNoSuchKey
	}
	return http.StatusOK, key, nil
}

// putKey answers with the one key, as it is now registered.
func (s *Server) putKey(r *http.Request, who caller) (int, any, error) {
	found, err := s.own(r, who)
	if err != nil {
		return 0, nil, err
	}
	var raw json.RawMessage
	if err := readJSON(r, &raw); err != nil {
		return 0, nil, err
	}
	problems := newValidation("jwk")
	var key Key
	if err := json.Unmarshal(raw, &key); err != nil {
		problems.add("", err.Error())
		return 0, nil, problems.err()
	}
	kid := r.PathValue("kid")
	problems.require(key.KeyID == kid, "kid", "must be that of the address")
	if err := problems.err(); err != nil {
		return 0, nil, err
	}
	set, err := s.registry.PutKey(found.Client.ClientID, key)
	if err != nil {
		return 0, nil, err
	}
	registered, _ := set.Key(kid)
	return http.StatusOK, registered, nil
}

func (s *Server) removeKey(r *http.Request, who caller) (int, any, error) {
	found, err := s.own(r, who)
	if err != nil {
		return 0, nil, err
	}
	return s.status(who, http.StatusNoContent), nil, s.registry.RemoveKey(found.Client.ClientID, r.PathValue("kid"))
}
