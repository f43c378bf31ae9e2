package app

// Texts is one file config/texts/resource.{language}.json.
type Texts struct {
	Language  string `json:"language"`
	Resources []Text `json:"resources"`
}

// Text is one text resource.
type Text struct {
	ID        string     `json:"id"`
	Value     string     `json:"value"`
	Variables []Variable `json:"variables,omitempty"`
}

// Variable fills a placeholder {0}, {1}, … of a text.
type Variable struct {
	Key          string `json:"key"`
	DataSource   string `json:"dataSource"`
	DefaultValue string `json:"defaultValue,omitempty"`
}

// Get returns the text with the given id.
func (t Texts) Get(id string) (Text, bool) {
	for _, r := range t.Resources {
		if r.ID == id {
			return r, true
		}
	}
	return Text{}, false
}
