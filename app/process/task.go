package process

import (
	"cmp"
	"strings"

	"github.com/stafett/stafett/app/internal/xmltree"
)

// extension returns what Altinn adds to an element, in either namespace.
func extension(e *xmltree.Element, name string) *xmltree.Element {
	outer := e.First(Namespace, "extensionElements")
	if outer == nil {
		return nil
	}
	return child(outer, name)
}

func child(e *xmltree.Element, name string) *xmltree.Element {
	if e == nil {
		return nil
	}
	if c := e.First(NamespaceAltinn, name); c != nil {
		return c
	}
	return e.First(NamespaceLegacy, name)
}

func children(e *xmltree.Element, name string) []*xmltree.Element {
	if e == nil {
		return nil
	}
	return append(e.All(NamespaceAltinn, name), e.All(NamespaceLegacy, name)...)
}

func childText(e *xmltree.Element, name string) string {
	if c := child(e, name); c != nil {
		return c.Text()
	}
	return ""
}

func texts(e *xmltree.Element, list, item string) []string {
	var out []string
	for _, c := range children(child(e, list), item) {
		out = append(out, c.Text())
	}
	return out
}

func readTask(e *xmltree.Element, id, name string, kind Kind) Task {
	task := Task{ID: id, Name: name, Service: kind == ServiceTask}
	ext := extension(e, "taskExtension")
	task.Type = childText(ext, "taskType")
	for _, space := range []string{NamespaceLegacy, NamespaceAltinn} {
		if legacy, ok := e.AttributeNS(space, "tasktype"); ok && task.Type == "" {
			task.Type = legacy
		}
	}
	for _, a := range children(child(ext, "actions"), "action") {
		action := Action{Name: a.Text(), Type: ProcessAction}
		if t, ok := a.Attribute("type"); ok && t != "" {
			action.Type = ActionType(t)
		}
		task.Actions = append(task.Actions, action)
	}
	task.PDFTasks = texts(child(ext, "pdfConfig"), "autoPdfTaskIds", "taskId")
	task.PDFFilename = filename(child(ext, "pdfConfig"))
	if c := child(ext, "signatureConfig"); c != nil {
		task.Signing = &Signing{
			DataTypes: texts(c, "dataTypesToSign", "dataType"), SignatureType: childText(c, "signatureDataType"),
			UniqueFrom:          texts(c, "uniqueFromSignaturesInDataTypes", "dataType"),
			RunDefaultValidator: strings.EqualFold(childText(c, "runDefaultValidator"), "true"),
		}
	}
	if c := child(ext, "paymentConfig"); c != nil {
		task.Payment = &Payment{DataType: childText(c, "paymentDataType"), ReceiptDataType: childText(c, "paymentReceiptPdfDataType")}
	}
	if c := child(ext, "subformPdfConfig"); c != nil {
		// The second spelling of the data type is in use, too.
		task.Subform = &Subform{
			Component: childText(c, "subformComponentId"), Filename: filename(c),
			DataType: cmp.Or(childText(c, "subformDataTypeId"), childText(c, "subformDatatTypeId")),
		}
	}
	return task
}

// filename reads how a PDF is named; the element has had two names.
func filename(config *xmltree.Element) string {
	return cmp.Or(childText(config, "filename"), childText(config, "filenameTextResourceKey"))
}

func connectedDataType(gateway *xmltree.Element) string {
	return childText(extension(gateway, "gatewayExtension"), "connectedDataTypeId")
}
