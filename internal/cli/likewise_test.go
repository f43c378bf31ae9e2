package cli

import (
	"slices"
	"testing"
)

func TestWhatIsToldToRunStaysInThisWorld(t *testing.T) {
	t.Parallel()
	local := &session{local: true, project: "a b/stafett.yaml"}
	const want = `deploy it; then run: stafett rotate --project "a b/stafett.yaml" --local --finish, or stafett handover show --project "a b/stafett.yaml" --local ID; stafett local age 3d`
	if got := local.inThisWorld("deploy it; then run: stafett rotate --finish, or stafett handover show ID; stafett local age 3d"); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	if got := local.likewise([]string{"stafett", "prepare", "--yes"}); !slices.Equal(got, []string{"stafett", "prepare", "--yes", "--project", "a b/stafett.yaml", "--local"}) {
		t.Errorf("%q", got)
	}
	az := []string{"az", "login"}
	if got := local.likewise(az); !slices.Equal(got, az) {
		t.Errorf("%q", got)
	}
	const text = "run: stafett rotate --finish"
	if got := (&session{}).inThisWorld(text); got != text {
		t.Errorf("%s", got)
	}
	if got := (&session{project: "$(reboot)/s.yaml"}).inThisWorld(text); got != "run: stafett rotate --project '$(reboot)/s.yaml' --finish" {
		t.Errorf("%s", got)
	}
	if got := (&session{env: "prod"}).inThisWorld(text); got != "run: stafett rotate --env prod --finish" {
		t.Errorf("%s", got)
	}
}
