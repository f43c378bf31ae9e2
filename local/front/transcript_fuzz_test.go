package front_test

import (
	"encoding/json"
	"strings"
	"testing"
)

// FuzzTranscript: whatever body is called whatever, nothing upsets the
// transcript, and what stands under a secret name in a document that can be read
// does not come out.
func FuzzTranscript(f *testing.F) {
	f.Add("application/json", `{"a":[1,null,"x",{"d":"`+hush+`"}]}`)
	f.Add("application/json", `{"value":[{"value":"`+hush+`"}]} "x"`)
	f.Add("application/x-www-form-urlencoded", "a=%7B%22d%22%3A%22"+hush+"%22%7D&client_secret="+hush+"&%zz")
	f.Add("multipart/form-data; boundary=b", "--b\r\nContent-Disposition: form-data; name=\"password\"\r\nContent-Type: text/plain\r\n\r\n"+hush+"\r\n--b--\r\n")
	f.Add("application/xml", "<a>&#49;2345678901</a>")
	f.Fuzz(func(t *testing.T, contentType, body string) {
		recorded(t, post("https://x.no/", contentType, body), nil)
		wrapped, err := json.Marshal(map[string]any{"before": body, "lockToken": hush, "after": []string{body}})
		if err != nil || strings.Contains(body, hush) {
			return
		}
		if text := recorded(t, post("https://x.no/", "application/json", string(wrapped)), nil); strings.Contains(text, hush) {
			t.Errorf("the transcript shows the secret beside %q:\n%s", body, text)
		}
	})
}
