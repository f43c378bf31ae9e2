package form_test

import (
	"testing"

	"github.com/stafett/stafett/local/web/form"
)

func BenchmarkView(b *testing.B) {
	f, s := example(b, "original-form", "nb"), state(b, exampleData(b))
	for b.Loop() {
		if _, ok := f.View(s, "kjoretoy", form.Entry{Show: form.ShowAll}); !ok {
			b.Fatal("the page is not shown")
		}
	}
}

func BenchmarkValidate(b *testing.B) {
	f, s := example(b, "original-form", "nb"), state(b, exampleData(b))
	for b.Loop() {
		if issues := f.Validate(s); len(issues) > 0 {
			b.Fatal(issues)
		}
	}
}
