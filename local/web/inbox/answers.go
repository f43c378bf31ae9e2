package inbox

import (
	"github.com/stafett/stafett/app"
	"github.com/stafett/stafett/local/web/definition"
	"github.com/stafett/stafett/local/web/form"
	"github.com/stafett/stafett/local/web/frame"
)

// answers are what is filled in, as the application's own form shows it.
type answers struct {
	Sections []form.Section
	// NoForm tells that the application has no pages for it.
	NoForm bool
	// Fault is why they cannot be shown; empty for nothing.
	Fault string

	metadata app.Metadata
	data     map[string]any
}

// answersOf reads what the form of a task holds. A form that cannot be shown is
// no reason to hide the rest of the instance.
func (a *area) answersOf(c *frame.Call, o opened, task string) answers {
	if task == "" {
		return answers{NoForm: true, metadata: newApplications(c).of(o.AppID)}
	}
	loaded, state, err := a.form(c, o, task)
	if err != nil {
		return answers{Fault: err.Error(), metadata: newApplications(c).of(o.AppID)}
	}
	found := answers{metadata: loaded.Metadata, data: state.Data}
	if found.NoForm = loaded.Form == nil; !found.NoForm {
		found.Sections = loaded.Form.Answers(state)
	}
	return found
}

// form reads the form of a task with what it holds.
func (a *area) form(c *frame.Call, o opened, task string) (*definition.Definition, form.State, error) {
	loaded, err := a.cfg.Definitions.Load(c.Context(), o.client, o.AppID, task, o.ID)
	if err != nil {
		return nil, form.State{}, err
	}
	state, err := loaded.State(c.Context(), o.client, o.Instance)
	if err != nil {
		return nil, form.State{}, err
	}
	state.Now = a.cfg.Now()
	return loaded, state, nil
}

// block is a run of plain answers, or one group.
type block struct {
	Plain []form.Item
	Group form.Item // if Plain is empty
}

// blocks puts plain answers that follow each other together, as one list.
func blocks(items []form.Item) []block {
	var made []block
	for _, item := range items {
		last := len(made) - 1
		switch {
		case len(item.Items) > 0 || len(item.Rows) > 0:
			made = append(made, block{Group: item})
		case last >= 0 && len(made[last].Plain) > 0:
			made[last].Plain = append(made[last].Plain, item)
		default:
			made = append(made, block{Plain: []form.Item{item}})
		}
	}
	return made
}
