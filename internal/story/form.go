package story

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"strconv"

	"github.com/stafett/stafett/altinn"
	"github.com/stafett/stafett/app/policy"
	"github.com/stafett/stafett/examples"
	"github.com/stafett/stafett/local"
	"github.com/stafett/stafett/local/authorization"
	"github.com/stafett/stafett/secret"
)

// The data types of the original form.
const (
	formType       = "skjema"
	attachmentType = "kart"
	pdfType        = "ref-data-as-pdf"
)

// logIn gets a token as a person does at the local platform's log-in.
func (w *world) logIn(ctx context.Context, person local.Person) (*altinn.AppClient, error) {
	address := fmt.Sprintf("https://%s/Home/GetTestUserToken/%d?authenticationLevel=3", local.LoginHost, person.UserID)
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, fmt.Errorf("log in: %w", err)
	}
	response, err := w.platform.Client().Do(request)
	if err != nil {
		return nil, fmt.Errorf("log in: %w", err)
	}
	defer func() { _ = response.Body.Close() }()
	token, err := io.ReadAll(io.LimitReader(response.Body, 1<<16))
	if err != nil {
		return nil, fmt.Errorf("log in: %w", err)
	}
	if response.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("log in: status %d", response.StatusCode)
	}
	return altinn.NewAppClient(altinn.AppConfig{
		Environment: w.environment, HTTPClient: w.platform.Client(), Tokens: altinn.StaticToken(secret.New(string(token))),
	}), nil
}

// fillIn creates an instance of the original form for the person, fills it in
// and attaches the map.
func (w *world) fillIn(ctx context.Context, client *altinn.AppClient, person local.Person) (altinn.Instance, error) {
	app := w.original.ID
	instance, err := client.CreatePrefilled(ctx, app, altinn.SimpleTemplate{Owner: altinn.InstanceOwner{PartyID: strconv.Itoa(person.PartyID)}})
	if err != nil {
		return instance, fmt.Errorf("create the form: %w", err)
	}
	answers, err := fs.ReadFile(examples.Files(), examples.FormData)
	if err != nil {
		return instance, fmt.Errorf("read the answers: %w", err)
	}
	form, ok := elementOf(instance, formType)
	if !ok {
		return instance, fmt.Errorf("the new form has no data element of type %s", formType)
	}
	if err := client.UpdateData(ctx, app, instance.ID, form.ID, altinn.NewUpload(formType, "application/json", "", answers)); err != nil {
		return instance, fmt.Errorf("save the answers: %w", err)
	}
	attachment, err := fs.ReadFile(examples.Files(), examples.Map)
	if err != nil {
		return instance, fmt.Errorf("read the map: %w", err)
	}
	if _, err := client.AddData(ctx, app, instance.ID, altinn.NewUpload(attachmentType, "image/png", "kart over Čohkolaš.png", attachment)); err != nil {
		return instance, fmt.Errorf("attach the map: %w", err)
	}
	return instance, nil
}

// sendForm takes the form up to its confirmation. Confirming it, which ends the
// process, is the start of the handover and so of another step.
func (w *world) sendForm(ctx context.Context) (string, error) {
	w.person = w.platform.Seed().Persons[0]
	client, err := w.logIn(ctx, w.person)
	if err != nil {
		return "", err
	}
	w.asPerson = client
	instance, err := w.fillIn(ctx, client, w.person)
	if err != nil {
		return "", err
	}
	w.document.Original.InstanceID = instance.ID
	if _, err := client.ProcessNext(ctx, w.original.ID, instance.ID, ""); err != nil {
		return "", fmt.Errorf("send the form in: %w", err)
	}

	instance, err = client.Instance(ctx, w.original.ID, instance.ID)
	if err != nil {
		return "", fmt.Errorf("read the form back: %w", err)
	}
	if task := instance.Process.CurrentTask; task == nil || task.AltinnTaskType != "confirmation" {
		return "", errors.New("the process did not move to the confirmation")
	}
	element, ok := elementOf(instance, pdfType)
	if !ok {
		return "", fmt.Errorf("the data task has ended, but the form has no PDF (%s)", pdfType)
	}
	w.pdf, err = readData(ctx, client, w.original.ID, instance.ID, element.ID)
	if err != nil {
		return "", fmt.Errorf("read the PDF: %w", err)
	}
	if !bytes.HasPrefix(w.pdf, []byte("%PDF-")) {
		return "", errors.New("what is stored as PDF is no PDF")
	}
	if _, ok := elementOf(instance, attachmentType); !ok {
		return "", errors.New("the map is not attached")
	}
	return fmt.Sprintf("instance %s waits for confirmation; its PDF is %d bytes", instance.ID, len(w.pdf)), nil
}

// tryAsPerson lets the person create the organisation's instance with their own
// token.
func (w *world) tryAsPerson(ctx context.Context) (string, error) {
	owner := altinn.InstanceOwner{OrganisationNumber: w.project.Owner.OrganisationNumber}
	_, err := w.asPerson.CreatePrefilled(ctx, w.receiving.ID, altinn.SimpleTemplate{Owner: owner})
	var refused *altinn.StatusError
	switch {
	case err == nil:
		return "", errors.New("a private person could create the organisation's instance: the receiving application's policy lets them instantiate")
	case !errors.As(err, &refused):
		return "", fmt.Errorf("try to create the organisation's instance as a person: %w", err)
	}
	w.document.Refused.Status = refused.Status
	if refused.Status != http.StatusForbidden {
		return "", fmt.Errorf("the person was not refused by authorization (403): %w", err)
	}
	decision, err := w.lastDecision(w.receiving.ID, "instantiate")
	if err != nil {
		return "", err
	}
	left, err := w.receivingInstances(ctx)
	if err != nil {
		return "", err
	}
	if len(left) != 0 {
		return "", fmt.Errorf("the refused attempt left %d instances in Storage", len(left))
	}
	return fmt.Sprintf("403; the decision point found %s in the policy of %s; nothing is left in Storage", decision, w.receiving.ID), nil
}

// lastDecision asks the decision point what it last decided about an action in
// an application; a Permit is an error here.
func (w *world) lastDecision(appID, action string) (string, error) {
	decisions := w.platform.Decisions()
	for i := len(decisions) - 1; i >= 0; i-- {
		decision := decisions[i]
		if decision.Action == action && appOf(decision) == appID {
			if decision.Result != policy.Permit {
				return string(decision.Result), nil
			}
			return "", fmt.Errorf("the decision point permitted %s in %s, so something else refused", action, appID)
		}
	}
	return "", fmt.Errorf("the decision point was never asked about %s in %s, so something else refused", action, appID)
}

// appOf returns the org/app that a decision was about.
func appOf(decision authorization.Decision) string {
	var org, name string
	for _, attribute := range decision.Resource {
		switch attribute.ID {
		case "urn:altinn:org":
			org = attribute.Value
		case "urn:altinn:app":
			name = attribute.Value
		}
	}
	return org + "/" + name
}

func elementOf(instance altinn.Instance, dataType string) (altinn.DataElement, bool) {
	for _, element := range instance.Data {
		if element.DataType == dataType {
			return element, true
		}
	}
	return altinn.DataElement{}, false
}

func readData(ctx context.Context, client *altinn.AppClient, app, instanceID, dataID string) ([]byte, error) {
	content, err := client.Data(ctx, app, instanceID, dataID)
	if err != nil {
		return nil, err
	}
	defer func() { _ = content.Body.Close() }()
	return io.ReadAll(content.Body)
}
