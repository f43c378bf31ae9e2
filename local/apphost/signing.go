package apphost

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/stafett/stafett/app"
	"github.com/stafett/stafett/app/process"
	"github.com/stafett/stafett/local/storage"
)

// signee is whoever signs.
type signee struct {
	UserID       string `json:"userId,omitempty"`
	PersonNumber string `json:"personNumber,omitempty"`
}

// signature is one element that is signed.
type signature struct {
	DataElementID string `json:"dataElementId"`
	Signed        bool   `json:"signed"`
}

// signAction has Storage keep a signature over the elements of the data types that
// the task signs.
func (s *Server) signAction(c *call, in *storage.Instance, task process.Task, onBehalfOf string) (actionOutcome, error) {
	if c.caller.UserID == 0 {
		return actionFailed(http.StatusUnauthorized, "NoUserId", "User id is missing in token"), nil
	}
	if task.Signing == nil {
		return actionOutcome{}, errors.New("the task has no signatureConfig")
	}
	signatures, err := s.toSign(*in, task.Signing)
	if err != nil {
		return actionOutcome{}, err
	}
	signer := signee{UserID: strconv.Itoa(c.caller.UserID)}
	if signer.PersonNumber, err = c.platform.personNumber(c.ctx(), c.caller.UserID); err != nil {
		return actionOutcome{}, err
	}
	if onBehalfOf != "" {
		// Who may sign for an organisation, code of the application's own tells.
		return actionFailed(http.StatusUnauthorized, "UnauthorizedOnBehalfOf", "Unauthorized to sign on behalf of."), nil
	}
	err = c.platform.sign(c.ctx(), in.ID, map[string]any{
		"signatureDocumentDataType": task.Signing.SignatureType, "generatedFromTask": task.ID,
		"dataElementSignatures": signatures, "signee": signer,
	})
	var upstream *platformError
	switch {
	case errors.As(err, &upstream):
		return actionFailed(http.StatusInternalServerError, "SignDataElementsFailed", "Failed to sign data elements."), nil
	case err != nil:
		return actionOutcome{}, err
	}
	*in, err = c.platform.reread(c.ctx(), *in)
	return actionOutcome{}, err
}

// toSign lists the elements that a signature is about. There must be one, unless
// all of the data types may be missing.
func (s *Server) toSign(in storage.Instance, signing *process.Signing) ([]signature, error) {
	var types []app.DataType
	optional := true
	for _, t := range s.folder.Metadata.DataTypes {
		if slices.ContainsFunc(signing.DataTypes, func(id string) bool { return strings.EqualFold(id, t.ID) }) {
			types = append(types, t)
			optional = optional && t.MinCount == 0
		}
	}
	signatures := []signature{}
	for _, t := range types {
		for _, e := range elementsOf(in, t.ID) {
			signatures = append(signatures, signature{e.ID, true})
		}
	}
	if signing.SignatureType == "" || len(types) == 0 || len(signatures) == 0 && !optional {
		return nil, errors.New("the signatureConfig of the task names no data type for the signature, or none to sign that the instance has")
	}
	return signatures, nil
}

// signatureDocument is what Storage keeps of a signature, as far as it counts here.
type signatureDocument struct {
	Signee   signee `json:"signeeInfo"`
	Elements []struct {
		ID   string `json:"dataElementId"`
		Hash string `json:"sha256Hash"`
	} `json:"dataElementSignatures"`
}

// signatures reads the signature documents of some data types.
func (s *Server) signatures(c *call, in storage.Instance, dataTypes ...string) ([]signatureDocument, error) {
	var documents []signatureDocument
	for _, dataType := range dataTypes {
		for _, e := range elementsOf(in, dataType) {
			content, err := c.platform.formBytes(c.ctx(), in.ID, e.ID)
			if err != nil {
				return nil, err
			}
			var document signatureDocument
			if err := json.Unmarshal(content, &document); err != nil {
				return nil, fmt.Errorf("read signature document: %w", err)
			}
			documents = append(documents, document)
		}
	}
	return documents, nil
}

// signingIssues tells that nobody has signed, or that what was signed is another
// thing now, in a task that looks at it.
func (s *Server) signingIssues(c *call, in storage.Instance) ([]issue, error) {
	task, _ := s.folder.Process.Task(currentTask(in))
	if task.Type != process.TypeSigning || task.Signing == nil || !task.Signing.RunDefaultValidator {
		return nil, nil
	}
	found := func(code string) []issue {
		return []issue{{Severity: severityError, Code: code, Description: code, Source: sourceSigning, NoIncrementalUpdates: true}}
	}
	documents, err := s.signatures(c, in, task.Signing.SignatureType)
	if err != nil {
		return nil, err
	}
	if len(documents) == 0 {
		return found("MissingSignatures"), nil
	}
	for _, document := range documents {
		for _, e := range document.Elements {
			hash, err := c.platform.hash(c.ctx(), in.ID, e.ID)
			if err != nil {
				return nil, err
			}
			if hash != e.Hash {
				return found("InvalidSignatureHash"), nil
			}
		}
	}
	return nil, nil
}

// maySign reports whether the caller has signed none of those documents from which
// a signature of the task must be unique.
func (s *Server) maySign(c *call, in storage.Instance) (bool, error) {
	task, _ := s.folder.Process.Task(currentTask(in))
	if task.Signing == nil || c.caller.UserID == 0 {
		return true, nil
	}
	documents, err := s.signatures(c, in, task.Signing.UniqueFrom...)
	if err != nil {
		return false, err
	}
	return !slices.ContainsFunc(documents, func(d signatureDocument) bool { return d.Signee.UserID == strconv.Itoa(c.caller.UserID) }), nil
}

// hash is the SHA-256 of the content of a data element, as signature documents have
// it.
func (s session) hash(ctx context.Context, id, dataID string) (string, error) {
	resp, err := s.data(ctx, id, dataID)
	if err != nil {
		return "", err
	}
	defer resp.Body.Close()
	sum := sha256.New()
	if _, err := io.Copy(sum, resp.Body); err != nil {
		return "", fmt.Errorf("hash data element: %w", err)
	}
	return hex.EncodeToString(sum.Sum(nil)), nil
}

// sign has Storage keep a signature document.
func (s session) sign(ctx context.Context, id string, ask map[string]any) error {
	return s.callJSON(ctx, request{
		operation: "sign", method: http.MethodPost, path: instancePath(id, "sign"), token: s.token,
	}, ask, nil)
}

// personNumber reads the number of a user from the profile.
func (s session) personNumber(ctx context.Context, userID int) (string, error) {
	var profile struct {
		Party struct {
			SSN string `json:"ssn"`
		} `json:"party"`
	}
	err := s.call(ctx, request{
		operation: "read profile", method: http.MethodGet, path: "/profile/api/v1/users/" + strconv.Itoa(userID), token: s.token, application: true,
	}, &profile)
	return profile.Party.SSN, err
}

// reread reads the data of an instance anew, and leaves the process as it is.
func (s session) reread(ctx context.Context, in storage.Instance) (storage.Instance, error) {
	now, err := s.instance(ctx, in.ID)
	if err != nil {
		return in, err
	}
	in.Data = now.Data
	return in, nil
}
