package queue_test

import (
	"fmt"
	"os"
	"testing"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) {
	if file, url := os.Getenv(childFile), os.Getenv(childURL); file != "" || url != "" {
		fmt.Fprintln(os.Stderr, child(file, url))
		os.Exit(1)
	}
	goleak.VerifyTestMain(m)
}
