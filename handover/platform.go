package handover

import (
	"context"
	"fmt"
	"io"
	"iter"

	"github.com/stafett/stafett/altinn"
)

// Source reads the original application's instances, as the organisation.
type Source interface {
	Instance(ctx context.Context, id string) (altinn.Instance, error)
	// FormData gives form data as JSON.
	FormData(ctx context.Context, appID, id, dataID string) ([]byte, error)
	// Attachment streams a file; the caller closes it.
	Attachment(ctx context.Context, id, dataID string) (io.ReadCloser, error)
	// Confirm tells that the organisation has received an instance. It may be
	// repeated.
	Confirm(ctx context.Context, appID, id string) error
}

// Receiver works on the receiving application's instances, as the
// organisation. *altinn.AppClient is one.
type Receiver interface {
	// CreateInstance returns an instance with a well-formed id, or an error.
	CreateInstance(ctx context.Context, appID string, t altinn.Template, parts []altinn.Upload) (altinn.Instance, error)
	Instance(ctx context.Context, appID, id string) (altinn.Instance, error)
	Data(ctx context.Context, appID, id, dataID string) (*altinn.Content, error)
	AddData(ctx context.Context, appID, id string, u altinn.Upload) (altinn.DataElement, error)
	RemoveData(ctx context.Context, appID, id, dataID string) error
	DeleteInstance(ctx context.Context, appID, id string, hard bool) error
	SetSubstatus(ctx context.Context, appID, id string, s altinn.Substatus) error
}

// Lister lists instances in Storage. *altinn.StorageClient is one.
type Lister interface {
	Instances(ctx context.Context, q altinn.Query) iter.Seq2[altinn.Instance, error]
}

// NewSource reads instances and files from Storage, and form data from the
// application, which alone can give it as JSON.
func NewSource(storage *altinn.StorageClient, apps *altinn.AppClient) Source {
	return platformSource{storage, apps}
}

type platformSource struct {
	storage *altinn.StorageClient
	apps    *altinn.AppClient
}

func (s platformSource) Instance(ctx context.Context, id string) (altinn.Instance, error) {
	i, err := s.storage.Instance(ctx, id)
	if err != nil {
		return altinn.Instance{}, fmt.Errorf("read the source instance: %w", err)
	}
	return i, nil
}

func (s platformSource) FormData(ctx context.Context, appID, id, dataID string) ([]byte, error) {
	data, err := s.apps.FormData(ctx, appID, id, dataID)
	if err != nil {
		return nil, fmt.Errorf("read the source's form data: %w", err)
	}
	return data, nil
}

func (s platformSource) Attachment(ctx context.Context, id, dataID string) (io.ReadCloser, error) {
	content, err := s.storage.Data(ctx, id, dataID)
	if err != nil {
		return nil, fmt.Errorf("read an attachment of the source: %w", err)
	}
	return content.Body, nil
}

func (s platformSource) Confirm(ctx context.Context, appID, id string) error {
	if err := s.apps.ConfirmInstance(ctx, appID, id); err != nil {
		return fmt.Errorf("confirm the source: %w", err)
	}
	return nil
}
