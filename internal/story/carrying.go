package story

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"time"

	"github.com/stafett/stafett/altinn"
	"github.com/stafett/stafett/examples"
	"github.com/stafett/stafett/handover"
)

const (
	// handoverPatience is how long the story waits for a handover that should
	// take a tenth of a second.
	handoverPatience = time.Minute
	handoverPoll     = 20 * time.Millisecond

	receivedFormType       = "sak"
	receivedPDFType        = "kildePdf"
	receivedAttachmentType = "vedlegg"
)

// handOver ends the form's process, which alone starts the handover, and looks
// at what has come into being.
func (w *world) handOver(ctx context.Context) (string, error) {
	source := w.document.Original.InstanceID
	if _, err := w.asPerson.ProcessNext(ctx, w.original.ID, source, "confirm"); err != nil {
		return "", fmt.Errorf("confirm the form: %w", err)
	}
	received, err := w.awaitReceived(ctx, source)
	if err != nil {
		return "", err
	}
	w.tell(received)
	if err := w.checkReceived(ctx, source, received); err != nil {
		return "", err
	}
	if err := w.askAgain(ctx, source, received.ID); err != nil {
		return "", err
	}
	all, err := w.receivingInstances(ctx)
	if err != nil {
		return "", err
	}
	w.document.InstancesInReceiving = len(all)
	if len(all) != 1 {
		return "", fmt.Errorf("the receiving application has %d instances, not one", len(all))
	}
	original, err := w.first.storage.Instance(ctx, source)
	if err != nil {
		return "", err
	}
	if err := w.keepProof(original, received); err != nil {
		return "", err
	}
	return fmt.Sprintf("instance %s, owned by %s, created by it;\nprefilled, with the PDF and the map, stamped %s…;\nasked again, with the journal and without: still one instance",
		received.ID, received.Owner.OrganisationNumber, received.DataValues[handover.Stamp][:12]), nil
}

// awaitReceived waits until the process that sweeps has recorded the handover
// as done, and then asks Storage for the instance.
func (w *world) awaitReceived(ctx context.Context, source string) (altinn.Instance, error) {
	ctx, cancel := context.WithTimeout(ctx, handoverPatience)
	defer cancel()
	key := w.key(source)
	ticker := time.NewTicker(handoverPoll)
	defer ticker.Stop()
	for {
		record, err := w.first.record(ctx, key)
		switch {
		case err == nil && record.State == handover.Done:
			return w.receivedInstance(ctx, key, record.Receiving)
		case err == nil && record.State == handover.Failed:
			return altinn.Instance{}, fmt.Errorf("the handover failed: %s", record.Reason)
		case err != nil && !errors.Is(err, handover.ErrNoRecord):
			return altinn.Instance{}, fmt.Errorf("ask for the handover: %w", err)
		}
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return altinn.Instance{}, fmt.Errorf("the handover was not done after %s (it is %q)", handoverPatience, record.State)
		}
	}
}

func (w *world) key(source string) string {
	definition := w.project.Handovers[0]
	recipient, _ := definition.Recipients[0].Fixed() // the example's is
	return handover.Key(definition.ID, source, recipient)
}

// receivedInstance asks Storage for the instances with the stamp, of which
// there must be one, the recorded one.
func (w *world) receivedInstance(ctx context.Context, key, recorded string) (altinn.Instance, error) {
	all, err := w.receivingInstances(ctx)
	if err != nil {
		return altinn.Instance{}, err
	}
	var stamped []altinn.Instance
	for _, instance := range all {
		if instance.DataValues[handover.Stamp] == key {
			stamped = append(stamped, instance)
		}
	}
	if len(stamped) != 1 || stamped[0].ID != recorded {
		return altinn.Instance{}, fmt.Errorf("%d instances in Storage carry the handover key, and the journal records %s", len(stamped), recorded)
	}
	return w.first.storage.Instance(ctx, recorded)
}

// receivingInstances lists all instances of the receiving application that are
// not deleted.
func (w *world) receivingInstances(ctx context.Context) ([]altinn.Instance, error) {
	var instances []altinn.Instance
	for instance, err := range w.first.storage.Instances(ctx, altinn.Query{AppID: w.receiving.ID}) {
		if err != nil {
			return nil, fmt.Errorf("list the receiving application's instances: %w", err)
		}
		if !instance.Status.IsHardDeleted {
			instances = append(instances, instance)
		}
	}
	return instances, nil
}

func (w *world) tell(received altinn.Instance) {
	told := Receiving{
		InstanceID:    received.ID,
		InstanceOwner: Owner{OrganisationNumber: received.Owner.OrganisationNumber},
		DataValues:    received.DataValues,
	}
	for _, element := range received.Data {
		told.Data = append(told.Data, Data{DataType: element.DataType, ContentType: element.ContentType, Filename: element.Filename, Size: element.Size})
	}
	w.document.Receiving = told
}

// checkReceived compares the new instance with what the person sent in.
func (w *world) checkReceived(ctx context.Context, source string, received altinn.Instance) error {
	owner := w.project.Owner.OrganisationNumber
	if received.Owner.OrganisationNumber != owner || received.CreatedBy != owner {
		return fmt.Errorf("the new instance is owned by %q and created by %q, not by %s", received.Owner.OrganisationNumber, received.CreatedBy, owner)
	}
	form, ok := elementOf(received, receivedFormType)
	if !ok {
		return fmt.Errorf("the new instance has no form data (%s)", receivedFormType)
	}
	model, err := w.first.apps.FormData(ctx, w.receiving.ID, received.ID, form.ID)
	if err != nil {
		return fmt.Errorf("read the new instance's form data: %w", err)
	}
	for _, answer := range []string{"Čohkolaš", source} {
		if !bytes.Contains(model, []byte(answer)) {
			return fmt.Errorf("the new instance's form data lacks %q, which it should have from the form", answer)
		}
	}
	attachment, err := fs.ReadFile(examples.Files(), examples.Map)
	if err != nil {
		return err
	}
	for dataType, want := range map[string][]byte{receivedPDFType: w.pdf, receivedAttachmentType: attachment} {
		element, ok := elementOf(received, dataType)
		if !ok {
			return fmt.Errorf("the new instance lacks the attachment %s", dataType)
		}
		got, err := readData(ctx, w.first.apps, w.receiving.ID, received.ID, element.ID)
		if err != nil {
			return fmt.Errorf("read the attachment %s: %w", dataType, err)
		}
		if !bytes.Equal(got, want) {
			return fmt.Errorf("the attachment %s has other bytes than the original", dataType)
		}
	}
	return nil
}

// askAgain asks for the same handover once more, of the process that made it
// and of one that has lost its journal.
func (w *world) askAgain(ctx context.Context, source, want string) error {
	forgetful, err := w.openForgetful(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = forgetful.stop() }()
	for _, process := range []*process{w.first, forgetful} {
		record, err := process.carry(ctx, w.project.Handovers[0].ID, source)
		if err != nil {
			return fmt.Errorf("ask for the same handover again: %w", err)
		}
		if record.State != handover.Done || record.Receiving != want || len(record.Duplicates) > 0 {
			return fmt.Errorf("the same handover, asked again, is %s with %s", record.State, record.Receiving)
		}
	}
	return nil
}

// changeSecrets gives the integration a second key and publishes it in the
// vault while the first process runs: that one goes on with what it read at its
// start; one that is started after reads the new. Each carries another form.
func (w *world) changeSecrets(ctx context.Context) (string, error) {
	oldKey := w.first.integration.KeyID
	newKey, err := w.replaceKey(ctx)
	if err != nil {
		return "", err
	}
	// The running process gets no new token while it holds a valid one, so it
	// has to give that up: what it signs the next grant with is the question.
	before := len(w.keysUsed())
	w.forgetTokens(ctx, w.first)
	if err := w.carryAnother(ctx, oldKey, before); err != nil {
		return "", fmt.Errorf("the running process, after the change: %w", err)
	}
	if err := w.first.stop(); err != nil {
		return "", err
	}
	before = len(w.keysUsed())
	if w.first, err = w.startProcess(ctx, "second"); err != nil {
		return "", err
	}
	if err := w.carryAnother(ctx, newKey.KeyID(), before); err != nil {
		return "", fmt.Errorf("the process started after the change: %w", err)
	}
	if err := w.checkTheWhole(ctx, 3); err != nil {
		return "", err
	}
	if err := searchForKey(newKey, w.dir, w.keep); err != nil {
		return "", err
	}
	return fmt.Sprintf("the running process carried a second form with key %s;\none started after carried a third with key %s", oldKey, newKey.KeyID()), nil
}

// carryAnother lets the person send in another form and waits until it has been
// carried. Since that many grants, there must be new ones, all of them signed
// with the key.
func (w *world) carryAnother(ctx context.Context, key string, grants int) error {
	instance, err := w.fillIn(ctx, w.asPerson, w.person)
	if err != nil {
		return err
	}
	for _, action := range []string{"", "confirm"} {
		if _, err := w.asPerson.ProcessNext(ctx, w.original.ID, instance.ID, action); err != nil {
			return fmt.Errorf("send in another form: %w", err)
		}
	}
	if _, err := w.awaitReceived(ctx, instance.ID); err != nil {
		return err
	}
	return signedWith(w.keysUsed()[grants:], key)
}

// signedWith checks that there was a grant at all, and by which key.
func signedWith(used []string, key string) error {
	if len(used) == 0 {
		return errors.New("it asked for no new token, so nothing is known of its key")
	}
	for _, id := range used {
		if id != key {
			return fmt.Errorf("it signed with key %s, not with %s", id, key)
		}
	}
	return nil
}

// checkTheWhole counts at the end: as many instances as forms, each with a
// handover key of its own.
func (w *world) checkTheWhole(ctx context.Context, forms int) error {
	all, err := w.receivingInstances(ctx)
	if err != nil {
		return err
	}
	keys := make(map[string]bool)
	for _, instance := range all {
		keys[instance.DataValues[handover.Stamp]] = true
	}
	if len(all) != forms || len(keys) != forms {
		return fmt.Errorf("%d forms became %d instances with %d keys", forms, len(all), len(keys))
	}
	return nil
}

// keysUsed asks Maskinporten which keys the integration's tokens were granted
// to, oldest first.
func (w *world) keysUsed() []string {
	var keys []string
	for _, token := range w.platform.IssuedTokens() {
		if strings.EqualFold(token.ClientID, w.document.Integration.ClientID) {
			keys = append(keys, token.KeyID)
		}
	}
	return keys
}
