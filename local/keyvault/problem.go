package keyvault

import (
	"fmt"
	"net/http"
)

// problem is an error in Key Vault's form.
type problem struct {
	status  int
	code    string
	message string
	inner   string // code of the inner error, or empty
}

// envelope is the JSON form of a problem.
type envelope struct {
	Error errorBody `json:"error"`
}

type errorBody struct {
	Code    string     `json:"code"`
	Message string     `json:"message"`
	Inner   *innerBody `json:"innererror,omitempty"`
}

type innerBody struct {
	Code string `json:"code"`
}

func (p *problem) envelope() envelope {
	e := envelope{errorBody{Code: p.code, Message: p.message}}
	if p.inner != "" {
		e.Error.Inner = &innerBody{p.inner}
	}
	return e
}

func unauthorized(message string) *problem {
	return &problem{http.StatusUnauthorized, "Unauthorized", message, ""}
}

func badParameter(format string, args ...any) *problem {
	return &problem{http.StatusBadRequest, "BadParameter", fmt.Sprintf(format, args...), ""}
}

func notAllowed(method string) *problem {
	return &problem{http.StatusMethodNotAllowed, "MethodNotAllowed", "HTTP " + method + " not allowed", ""}
}

// helpLink ends what is said of an object that is not there.
const helpLink = " For help resolving this issue, please see https://go.microsoft.com/fwlink/?linkid=2125182"

// notFound names a secret, or one version of it as name/version.
func notFound(what string) *problem {
	return &problem{http.StatusNotFound, "SecretNotFound", "A secret with (name/id) " + what + " was not found in this key vault." +
		" If you recently deleted this secret you may be able to recover it using the correct recovery command." + helpLink, ""}
}

func deletedNotFound(name string) *problem {
	return &problem{http.StatusNotFound, "SecretNotFound", "Deleted Secret not found: " + name, ""}
}

func disabled() *problem {
	return &problem{http.StatusForbidden, "Forbidden", "Operation get is not allowed on a disabled secret.", "SecretDisabled"}
}

func conflict(message, inner string) *problem {
	return &problem{http.StatusConflict, "Conflict", message, inner}
}

func deletedButRecoverable(name string) *problem {
	return conflict("Secret "+name+" is currently in a deleted but recoverable state, and its name cannot be reused;"+
		" in this state, the secret can only be recovered or purged.", "ObjectIsDeletedButRecoverable")
}

func beingDeleted() *problem {
	return conflict("Secret is currently being deleted.", "ObjectIsBeingDeleted")
}

func beingRecovered() *problem {
	return conflict("Secret is currently being recovered.", "ObjectIsBeingRecovered")
}
