package web_test

import (
	"net/http"
	"testing"

	"github.com/stafett/stafett/app/policy"
	"github.com/stafett/stafett/local/keyvault"
	"github.com/stafett/stafett/local/selfservice"
	"github.com/stafett/stafett/local/timeline"
	"github.com/stafett/stafett/local/web"
	"github.com/stafett/stafett/local/web/frame"
	"github.com/stafett/stafett/local/web/records"
	"github.com/stafett/stafett/local/web/story"
)

// Every page of the console is a template in every language, also those that no
// other test asks for.
func TestEveryPageIsATemplate(t *testing.T) {
	t.Parallel()
	console, err := web.New(web.Config{
		HTTPClient: http.DefaultClient, Platform: "https://platform.test", Login: "https://login.test", AppsDomain: "apps.test",
		Apps: []string{"org/app"}, People: []frame.Person{{Name: "Kari Prøve", UserID: 7, PartyID: 70}},
		Records: records.Config{
			Registry: new(selfservice.Registry), Vault: "kv-test",
			Secrets: func() ([]keyvault.SecretInfo, error) { return nil, nil },
		},
		Story: story.Config{
			Timeline: timeline.New(timeline.Config{}), Original: "org/app", Policy: func(string) *policy.Policy { return nil },
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := console.Check(); err != nil {
		t.Error(err)
	}
}
