package app

import (
	"github.com/stafett/stafett/app/expression"
	"github.com/stafett/stafett/app/process"
)

// crossCheck looks for what one file says and another does not have. It keeps
// silent about files which could not be read: they have their own fault.
func (l *loader) crossCheck() {
	f := l.folder
	if f.Process == nil || f.ID == "" {
		return
	}
	for _, t := range f.Metadata.DataTypes {
		if t.TaskID == "" {
			continue
		}
		if _, ok := f.Process.Task(t.TaskID); !ok {
			l.faults.addf(l.path(metadataFile), "Name one of "+taskNames(f.Process)+".",
				"the data type %q belongs to the task %q, which is not in the process", t.ID, t.TaskID)
		}
	}
	l.checkProcess()
	for _, set := range f.LayoutSets {
		if _, ok := f.Metadata.DataType(set.DataType); set.DataType != "" && !ok {
			l.faults.addf(l.path(set.file), "Name a data type of "+l.path(metadataFile)+".", "the layout set %q shows the data type %q, which is not in the metadata", set.ID, set.DataType)
		}
		for _, task := range set.Tasks {
			if _, ok := f.Process.Task(task); !ok && task != receipt {
				l.faults.addf(l.path(set.file), "Name one of "+taskNames(f.Process)+".",
					"the layout set %q belongs to the task %q, which is not in the process", set.ID, task)
			}
		}
	}
}

// receipt is a layout set's task that is no task: what is shown after the end.
const receipt = "CustomReceipt"

func (l *loader) checkProcess() {
	f := l.folder
	file := l.path(processFile)
	for _, e := range f.Process.Elements() {
		if _, ok := f.Metadata.DataType(e.ConnectedDataType); e.ConnectedDataType != "" && !ok {
			l.faults.addf(file, "Name a data type of "+l.path(metadataFile)+".", "the gateway %q reads the data type %q, which is not in the metadata", e.ID, e.ConnectedDataType)
		}
	}
	for _, flow := range f.Process.Flows() {
		if flow.Condition == "" {
			continue
		}
		if _, err := expression.Parse([]byte(flow.Condition)); err != nil {
			l.faults.add(file, "the condition of the sequence flow \""+flow.ID+"\" is no expression",
				`Write one such as ["equals", ["gatewayAction"], "reject"].`, err)
		}
	}
	for _, task := range f.Process.Tasks() {
		for _, id := range task.PDFTasks {
			if _, ok := f.Process.Task(id); !ok {
				l.faults.addf(file, "Name one of "+taskNames(f.Process)+".", "the task %q prints the task %q, which is not in the process", task.ID, id)
			}
		}
		for _, id := range task.DataTypes() {
			if _, ok := f.Metadata.DataType(id); !ok {
				l.faults.addf(file, "Name a data type of "+l.path(metadataFile)+".", "the task %q names the data type %q, which is not in the metadata", task.ID, id)
			}
		}
	}
}

func taskNames(p *process.Process) string {
	names := ""
	for i, t := range p.Tasks() {
		if i > 0 {
			names += ", "
		}
		names += t.ID
	}
	return names
}
