package keyvault

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"strings"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/runtime"
)

// Operation is what was asked of a vault, named as its permission is.
type Operation string

// The operations.
const (
	OpList Operation = "list"
	OpGet  Operation = "get"
	OpSet  Operation = "set"
)

// ErrNotFound is returned for a secret that the vault does not have. A deleted
// secret that can be recovered is not found either.
var ErrNotFound = errors.New("the vault has no such secret")

// AccessError is returned when the vault refuses the caller.
type AccessError struct {
	Operation Operation
	Secret    string // "" for a list of all secrets
	Vault     string // host name
	Status    int    // 401 or 403
	// Code is the vault's innermost: AccessDenied (no access policy),
	// ForbiddenByRbac (no role), ForbiddenByFirewall, or for 401 one like
	// AKV10032 (token of another tenant).
	Code string
	// Caller is the application id that the vault saw, where it tells.
	Caller string
}

// Permission is the permission that the operation needs, as access policies name
// it: "secrets get".
func (e *AccessError) Permission() string { return "secrets " + string(e.Operation) }

// Role is the role that gives the permission in a vault with role based access.
func (e *AccessError) Role() string {
	if e.Operation == OpSet {
		return "Key Vault Secrets Officer"
	}
	return "Key Vault Secrets User"
}

// Error says who lacks what.
func (e *AccessError) Error() string {
	who := "the caller"
	if e.Caller != "" {
		who = "application " + e.Caller
	}
	var why string
	switch {
	case e.Code == "ForbiddenByFirewall":
		why = "the vault's firewall does not let this address in"
	case e.Status == http.StatusUnauthorized:
		why = "the vault does not accept the token"
	case e.Code == "ForbiddenByRbac":
		why = fmt.Sprintf("%s lacks the role %q", who, e.Role())
	default:
		why = fmt.Sprintf("%s lacks the permission %q", who, e.Permission())
	}
	return fmt.Sprintf("%s: %s (%s)", where(e.Operation, e.Secret, e.Vault), why, e.code())
}

func (e *AccessError) code() string {
	if e.Code == "" {
		return fmt.Sprintf("status %d", e.Status)
	}
	return e.Code
}

// Remedy says what to do about it.
func (e *AccessError) Remedy() string {
	switch {
	case e.Code == "ForbiddenByFirewall":
		return "go through a network that the vault allows, or have this address added under the vault's Networking"
	case e.Status == http.StatusUnauthorized:
		return "sign in to the tenant that the vault belongs to"
	}
	return fmt.Sprintf("order the role %q (with access policies: the permission %q) on the vault; "+
		"agencies with applications on Altinn order it at Samarbeidsportalen: Altinn → Tilganger → Altinn 3.0 Apps", e.Role(), e.Permission())
}

// SoftDeletedError is returned by [Vault.Set] for a name whose secret has been
// deleted and can still be recovered, which keeps the name taken.
type SoftDeletedError struct {
	Secret string
	Vault  string // host name
	// Deleting is set while the deletion goes on; it takes some seconds.
	Deleting bool
}

// Error says why the name is taken.
func (e *SoftDeletedError) Error() string {
	state := "a deleted secret that can be recovered has this name"
	if e.Deleting {
		state = "a secret with this name is being deleted"
	}
	return where(OpSet, e.Secret, e.Vault) + ": " + state
}

// RecoverCommand is the command that brings the secret back, after which a new
// version can be set.
func (e *SoftDeletedError) RecoverCommand() string {
	vault, _, _ := strings.Cut(e.Vault, ".")
	return fmt.Sprintf("az keyvault secret recover --vault-name %s --name %s", vault, e.Secret)
}

// Remedy says what to do about it.
func (e *SoftDeletedError) Remedy() string {
	if e.Deleting {
		return "wait a minute, then: " + e.RecoverCommand()
	}
	return e.RecoverCommand()
}

// DisabledError is returned for a secret that exists but is disabled. An
// application starts without it.
type DisabledError struct {
	Secret string
	Vault  string // host name
}

// Error says that the secret is disabled.
func (e *DisabledError) Error() string {
	return where(OpGet, e.Secret, e.Vault) + ": the secret is disabled"
}

// Remedy says what to do about it.
func (e *DisabledError) Remedy() string {
	vault, _, _ := strings.Cut(e.Vault, ".")
	return fmt.Sprintf("az keyvault secret set-attributes --vault-name %s --name %s --enabled true", vault, e.Secret)
}

// StatusError is any other answer that is not success.
type StatusError struct {
	Operation Operation
	Secret    string // "" for a list of all secrets
	Vault     string // host name
	Status    int    // HTTP status
	Code      string // the vault's innermost code, "" when it gives none
}

// Error names status and code.
func (e *StatusError) Error() string {
	message := fmt.Sprintf("%s: status %d", where(e.Operation, e.Secret, e.Vault), e.Status)
	if e.Code != "" {
		message += " " + e.Code
	}
	return message
}

// where is the beginning of every message.
func where(op Operation, name, vault string) string {
	switch {
	case op == OpList && name == "":
		return "list secrets in " + vault
	case op == OpList:
		return fmt.Sprintf("list versions of secret %s in %s", name, vault)
	}
	return fmt.Sprintf("%s secret %s in %s", op, name, vault)
}

// failure gives an error of the Azure library its type here. The library's own
// error quotes the whole response, so it does not go on.
func (v *Vault) failure(op Operation, name string, err error) error {
	var response *azcore.ResponseError
	if !errors.As(err, &response) {
		return v.noAnswer(op, name, err)
	}
	code, message := readFault(response)
	switch {
	case response.StatusCode == http.StatusForbidden && code == "SecretDisabled":
		return &DisabledError{Secret: name, Vault: v.host}
	case response.StatusCode == http.StatusUnauthorized, response.StatusCode == http.StatusForbidden:
		return &AccessError{
			Operation: op, Secret: name, Vault: v.host, Status: response.StatusCode, Code: code,
			Caller: callerID(message),
		}
	case response.StatusCode == http.StatusNotFound:
		return fmt.Errorf("%s: %w", where(op, name, v.host), ErrNotFound)
	case response.StatusCode == http.StatusConflict && (code == "ObjectIsDeletedButRecoverable" || code == "ObjectIsBeingDeleted"):
		return &SoftDeletedError{Secret: name, Vault: v.host, Deleting: code == "ObjectIsBeingDeleted"}
	}
	return &StatusError{Operation: op, Secret: name, Vault: v.host, Status: response.StatusCode, Code: code}
}

// noAnswer is for errors that no answer of the vault caused.
func (v *Vault) noAnswer(op Operation, name string, err error) error {
	var (
		credential *CredentialError
		protocol   *protocolError
	)
	switch {
	case errors.As(err, &credential):
		return fmt.Errorf("%s: %w", where(op, name, v.host), credential)
	case errors.As(err, &protocol):
		return fmt.Errorf("%s: %w", where(op, name, v.host), protocol)
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
	case strings.Contains(err.Error(), "challenge resource"):
		// The library's text advises to switch this check off.
		return fmt.Errorf("%s: %w", where(op, name, v.host), &protocolError{"it asks for a token for another service"})
	}
	return fmt.Errorf("%s: %w", where(op, name, v.host), err)
}

var (
	vaultCode = regexp.MustCompile(`\bAKV[0-9]+\b`)
	appID     = regexp.MustCompile(`(?i)\bappid=([0-9a-f-]{36})\b`)
)

// readFault takes the innermost code and the message out of an error response.
func readFault(response *azcore.ResponseError) (code, message string) {
	type fault struct {
		Code  string          `json:"code"`
		Inner json.RawMessage `json:"innererror"`
	}
	var envelope struct {
		Error struct {
			fault
			Message string `json:"message"`
		} `json:"error"`
	}
	body, err := runtime.Payload(response.RawResponse)
	if err != nil || json.Unmarshal(body, &envelope) != nil {
		return response.ErrorCode, ""
	}
	message = envelope.Error.Message
	current := envelope.Error.fault
	for current.Code != "" {
		code = current.Code
		inner := current.Inner
		current = fault{}
		if len(inner) == 0 || json.Unmarshal(inner, &current) != nil {
			break
		}
	}
	if response.StatusCode == http.StatusUnauthorized {
		if found := vaultCode.FindString(message); found != "" {
			code = found
		}
	}
	return code, message
}

// callerID finds the application id in the vault's message.
func callerID(message string) string {
	if found := appID.FindStringSubmatch(message); found != nil {
		return found[1]
	}
	return ""
}
