package fit

import (
	"errors"
	"slices"
	"strings"
	"testing"
)

// A deployment's values as Altinn's template has them, our words in the comments.
const templateValues = `# What this application is deployed with.
deployment:
  # image is set when it is deployed
  volumeMounts:
    - name: datakeys
      mountPath: /mnt/keys
    - name: accesstoken
      mountPath: "/accesstoken"   # for platform calls

  volumes:
    - name : datakeys
      persistentVolumeClaim:
        claimName: keys
    - name: accesstoken
      secret:
        secretName: accesstoken
    # - name: mine

  readiness:
    enabled: true
`

const mountedValues = `# What this application is deployed with.
deployment:
  # image is set when it is deployed
  volumeMounts:
    - name: datakeys
      mountPath: /mnt/keys
    - name: accesstoken
      mountPath: "/accesstoken"   # for platform calls
    - name: altinn-appsettings-secret
      mountPath: "/altinn-appsettings-secret"

  volumes:
    - name : datakeys
      persistentVolumeClaim:
        claimName: keys
    - name: accesstoken
      secret:
        secretName: accesstoken
    - name: altinn-appsettings-secret
      secret:
        secretName: altinn-appsettings-secret
    # - name: mine

  readiness:
    enabled: true
`

func TestAddMount(t *testing.T) {
	t.Parallel()
	const both = `  volumeMounts:
    - name: altinn-appsettings-secret
      mountPath: "/altinn-appsettings-secret"
  volumes:
    - name: altinn-appsettings-secret
      secret:
        secretName: altinn-appsettings-secret
`
	windows := func(text string) string { return strings.ReplaceAll(text, "\n", "\r\n") }
	tests := map[string]struct{ values, want string }{
		"the template":             {templateValues, mountedValues},
		"with Windows' lines":      {windows(templateValues), windows(mountedValues)},
		"with a byte order mark":   {"\ufeff" + templateValues, "\ufeff" + mountedValues},
		"already there":            {mountedValues, mountedValues},
		"there in other words":     {"deployment: {volumeMounts: [{mountPath: /altinn-appsettings-secret, name: altinn-appsettings-secret}], volumes: [{name: altinn-appsettings-secret, secret: {secretName: altinn-appsettings-secret}}]}\n", ""},
		"there with more":          {strings.Replace(mountedValues, "secretName: altinn-appsettings-secret\n", "secretName: altinn-appsettings-secret\n      # ours\n", 1), ""},
		"empty":                    {"", "deployment:\n" + both},
		"a comment only":           {"# nothing yet", "# nothing yet\ndeployment:\n" + both[:len(both)-1]},
		"no deployment":            {"linkerd:\n  enabled: true\n", "linkerd:\n  enabled: true\ndeployment:\n" + both},
		"deployment without a key": {"deployment:\nother: 1\n", "deployment:\n" + both + "other: 1\n"},
		"no lists":                 {"deployment:\n  readiness:\n    enabled: true\n\n# end\nother: 1\n", "deployment:\n  readiness:\n    enabled: true\n" + both + "\n# end\nother: 1\n"},
		"empty lists":              {"deployment:\n  volumeMounts: [] # none\n  volumes:\n", "deployment:\n  volumeMounts: # none\n" + both[len("  volumeMounts:\n"):]},
		"lists at their key's indentation, four spaces, no last line end": {
			"deployment:\n    volumes:\n    - name: a\n    volumeMounts:\n    -   name: a\n        mountPath: /a",
			"deployment:\n    volumes:\n    - name: a\n    - name: altinn-appsettings-secret\n      secret:\n        secretName: altinn-appsettings-secret\n    volumeMounts:\n    -   name: a\n        mountPath: /a\n    - name: altinn-appsettings-secret\n      mountPath: \"/altinn-appsettings-secret\"",
		},
		"only one of them": {"deployment:\n  volumes:\n    - name: altinn-appsettings-secret\n      secret:\n        secretName: altinn-appsettings-secret\n",
			"deployment:\n  volumes:\n    - name: altinn-appsettings-secret\n      secret:\n        secretName: altinn-appsettings-secret\n  volumeMounts:\n    - name: altinn-appsettings-secret\n      mountPath: \"/altinn-appsettings-secret\"\n"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if test.want == "" {
				test.want = test.values
			}
			got, err := addMount([]byte(test.values))
			if err != nil {
				t.Fatal(err)
			}
			if string(got) != test.want {
				t.Errorf("got\n%s\nwant\n%s", got, test.want)
			}
			if again, err := addMount(got); err != nil || string(again) != string(got) {
				t.Errorf("a second time it changes again: %v\n%s", err, again)
			}
		})
	}
}

func TestAddMountRefuses(t *testing.T) {
	t.Parallel()
	for name, values := range map[string]string{
		"more than one document":     "deployment:\n  a: 1\n---\nb: 2\n",
		"a list":                     "- a\n",
		"the deployment as a text":   "deployment: none\n",
		"the deployment on a line":   "deployment: {a: 1}\n",
		"the deployment as null":     "deployment: ~\n",
		"a list on a line":           "deployment:\n  volumeMounts: [{name: a, mountPath: /a}]\n",
		"a list that is shared":      "x: &x\n  - name: a\ndeployment:\n  volumeMounts: *x\n",
		"the mount elsewhere":        strings.Replace(mountedValues, `"/altinn-appsettings-secret"`, "/elsewhere", 1),
		"the volume of another kind": strings.Replace(mountedValues, "secretName: altinn-appsettings-secret", "secretName: mine", 1),
		"a text of many lines":       "deployment:\n  volumeMounts:\n    - name: |\n        a\n        # b\n  volumes:\n    - name: x\n      note: |\n        c\n        # d\n",
	} {
		got, err := addMount([]byte(values))
		if _, refused := errors.AsType[*mountError](err); !refused {
			t.Errorf("%s: %v\n%s", name, err, got)
		}
	}
	if _, err := addMount([]byte("deployment:\n\tvolumes: []\n")); err == nil {
		t.Error("no error for what is no YAML")
	}
}

// FuzzAddMount holds that the lines that were there stay, in order and byte for
// byte, but for the brackets of an empty list; what the values then mean addMount
// checks itself.
func FuzzAddMount(f *testing.F) {
	f.Add(templateValues)
	f.Add("deployment:\n  volumeMounts: []\n  volumes:\n    - name: x\n")
	f.Add("a: 1\r\ndeployment:\r\n- x")
	f.Add("deployment:\n  volumes:\n\n\n  - name: a # b\n  c: |\n    # d\n")
	f.Fuzz(func(t *testing.T, values string) {
		got, err := addMount([]byte(values))
		if err != nil {
			return
		}
		if again, err := addMount(got); err != nil || string(again) != string(got) {
			t.Fatalf("a second time: %v\n%q\n%q", err, got, again)
		}
		lines := strings.Split(string(got), "\n")
		for line := range strings.SplitSeq(values, "\n") {
			at := slices.IndexFunc(lines, func(l string) bool {
				return strings.TrimSuffix(l, "\r") == strings.TrimSuffix(line, "\r") || strings.Contains(line, "[")
			})
			if at < 0 {
				t.Fatalf("the line %q is gone:\n%q\n%q", line, values, got)
			}
			lines = lines[at+1:]
		}
	})
}
