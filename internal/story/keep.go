package story

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/stafett/stafett/altinn"
	"github.com/stafett/stafett/local/front"
	"github.com/stafett/stafett/local/redact"
)

// The files of proof in Config.Keep.
const (
	transcriptFile = "transcript.http"
	pdfFile        = "original.pdf"
	originalFile   = "original.json"
	receivingFile  = "receiving.json"
)

func (w *world) openTranscript() (err error) {
	if w.keep == "" {
		return nil
	}
	if err := os.MkdirAll(w.keep, 0o755); err != nil { //nolint:gosec // proof is meant to be read by others
		return fmt.Errorf("make a folder for the proof: %w", err)
	}
	if w.written, err = os.Create(filepath.Join(w.keep, transcriptFile)); err != nil {
		return fmt.Errorf("write the proof: %w", err)
	}
	w.transcript = front.NewTranscript(w.written)
	return nil
}

func (w *world) closeTranscript() error {
	if w.written == nil {
		return nil
	}
	return errors.Join(w.transcript.Err(), w.written.Close())
}

// keepProof writes the PDF and both instances. The person's identity number,
// which Storage has on the original, is redacted.
func (w *world) keepProof(original, receiving altinn.Instance) error {
	if w.keep == "" {
		return nil
	}
	if err := w.keepFile(pdfFile, w.pdf); err != nil {
		return err
	}
	for name, instance := range map[string]altinn.Instance{originalFile: original, receivingFile: receiving} {
		content, err := json.MarshalIndent(instance, "", "  ")
		if err != nil {
			return fmt.Errorf("keep %s: %w", name, err)
		}
		if err := w.keepFile(name, []byte(redact.Text(string(content))+"\n")); err != nil {
			return err
		}
	}
	return nil
}

func (w *world) keepFile(name string, content []byte) error {
	if err := os.WriteFile(filepath.Join(w.keep, name), content, 0o644); err != nil { //nolint:gosec // proof is meant to be read by others
		return fmt.Errorf("keep %s: %w", name, err)
	}
	return nil
}
