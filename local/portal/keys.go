package portal

import (
	"net/http"
	"net/url"
	"time"

	"github.com/google/uuid"
	"github.com/stafett/stafett/local/selfservice"
)

// keyView is a registered key as the list shows it.
type keyView struct {
	KeyID     string
	Algorithm string
	Bits      int
	Expires   time.Time
}

func keysOf(of *selfservice.Registration) []keyView {
	views := make([]keyView, len(of.Keys.Keys))
	for n, key := range of.Keys.Keys {
		views[n] = keyView{key.KeyID, key.Algorithm, key.PublicKey().N.BitLen(), time.Unix(key.Expires, 0)}
	}
	return views
}

func (s *Server) showKeys(_ *http.Request, _ *session, of *selfservice.Registration) (answer, error) {
	return answer{template: "keys", title: "Nøkler", data: clientView{Tab: "keys", Client: of.Client, Keys: keysOf(of)}}, nil
}

const newKeyTitle = "Legg til nøkkel"

func (s *Server) showNewKey(_ *http.Request, _ *session, of *selfservice.Registration) (answer, error) {
	return answer{template: "new-key", title: newKeyTitle, data: of.Client}, nil
}

// addKey never shows what was pasted again: it may be a private key.
func (s *Server) addKey(r *http.Request, who *session, of *selfservice.Registration) (answer, error) {
	form, err := readForm(r)
	if err != nil {
		return answer{}, err
	}
	refused := func(fault string) (answer, error) {
		return answer{status: http.StatusUnprocessableEntity, template: "new-key", title: newKeyTitle, fault: fault, data: of.Client}, nil
	}
	key, fault := readPasted(form.Get("key"))
	if fault != "" {
		return refused(string(fault))
	}
	notice := "Nøkkelen " + key.KeyID + " er lagt til."
	if key.KeyID == "" {
		key.KeyID = uuid.NewString()
		notice = "Nøkkelen er lagt til. Portalen har gitt den nøkkel-id (kid) " + key.KeyID + ": den må stå i oppsettet til den som bruker nøkkelen."
	}
	// The same key once more renews it.
	before, again := of.Keys.Key(key.KeyID)
	if again && before.Modulus != key.Modulus {
		return refused("Klienten har allerede en nøkkel med kid " + key.KeyID + ". Slett den først, eller bruk en annen kid.")
	}
	if again {
		notice = "Nøkkelen " + key.KeyID + " er lagt inn på nytt; se i listen hvor lenge den er gyldig."
	}
	if _, err := s.registry.PutKey(of.Client.ClientID, key); err != nil {
		text, err := faultOf(err)
		if err != nil {
			return answer{}, err
		}
		return refused(text)
	}
	return s.done(who, keysPath(of), notice+" Det kan ta inntil to minutter før Maskinporten kjenner den.")
}

// removeKeyPage asks before a key is taken away.
type removeKeyPage struct {
	Client selfservice.Client
	KeyID  string
}

func (s *Server) showRemoveKey(r *http.Request, _ *session, of *selfservice.Registration) (answer, error) {
	kid := r.URL.Query().Get("kid")
	if _, ok := of.Keys.Key(kid); !ok {
		return answer{}, &refusal{http.StatusNotFound, "Klienten har ingen slik nøkkel."}
	}
	return answer{template: "remove-key", title: "Slett nøkkel", data: removeKeyPage{of.Client, kid}}, nil
}

func (s *Server) removeKey(r *http.Request, who *session, of *selfservice.Registration) (answer, error) {
	kid := r.PostFormValue("kid")
	if _, ok := of.Keys.Key(kid); !ok {
		return answer{}, &refusal{http.StatusNotFound, "Klienten har ingen slik nøkkel."}
	}
	if err := s.registry.RemoveKey(of.Client.ClientID, kid); err != nil {
		return answer{}, changed(err)
	}
	return s.done(who, keysPath(of), "Nøkkelen "+kid+" er slettet.")
}

func keysPath(of *selfservice.Registration) string {
	return "/clients/" + url.PathEscape(of.Client.ClientID) + "/keys"
}
