package authorization

import (
	"encoding/xml"
	"errors"
	"fmt"
	"strconv"

	"github.com/stafett/stafett/app/policy"
)

// The XML form of a request (OASIS XACML 3.0 core, section 5.42), as far as
// Altinn's decision point reads it: one decision, no defaults.
type (
	xmlRequest struct {
		XMLName            xml.Name
		ReturnPolicyIDList string          `xml:"ReturnPolicyIdList,attr"`
		CombinedDecision   string          `xml:"CombinedDecision,attr"`
		Attributes         []xmlAttributes `xml:"urn:oasis:names:tc:xacml:3.0:core:schema:wd-17 Attributes"`
	}
	xmlAttributes struct {
		Category   string         `xml:"Category,attr"`
		Attributes []xmlAttribute `xml:"urn:oasis:names:tc:xacml:3.0:core:schema:wd-17 Attribute"`
	}
	xmlAttribute struct {
		ID              string     `xml:"AttributeId,attr"`
		IncludeInResult string     `xml:"IncludeInResult,attr"`
		Issuer          string     `xml:"Issuer,attr"`
		Values          []xmlValue `xml:"urn:oasis:names:tc:xacml:3.0:core:schema:wd-17 AttributeValue"`
	}
	xmlValue struct {
		DataType string `xml:"DataType,attr"`
		Text     string `xml:",chardata"`
	}
)

// readXML reads a request in XML. Categories other than subject, action and
// resource are left out, since no policy of an application asks for them.
func readXML(data []byte) (Request, error) {
	var in xmlRequest
	if err := xml.Unmarshal(data, &in); err != nil {
		return Request{}, fmt.Errorf("read XACML request: %w", err)
	}
	if in.XMLName.Space != policy.Namespace || in.XMLName.Local != "Request" {
		return Request{}, fmt.Errorf("read XACML request: the element is %q of %q", in.XMLName.Local, in.XMLName.Space)
	}
	returnIDs, err1 := strconv.ParseBool(in.ReturnPolicyIDList)
	combined, err2 := strconv.ParseBool(in.CombinedDecision)
	if err := errors.Join(err1, err2); err != nil {
		return Request{}, fmt.Errorf("read XACML request: ReturnPolicyIdList and CombinedDecision are required: %w", err)
	}
	if combined {
		return Request{}, errors.New("read XACML request: combined decisions are not supported")
	}
	request := Request{ReturnPolicyIDList: returnIDs}
	for _, category := range in.Attributes {
		read, err := category.read()
		if err != nil {
			return Request{}, err
		}
		switch category.Category {
		case CategorySubject:
			request.AccessSubject = append(request.AccessSubject, read)
		case CategoryAction:
			request.Action = append(request.Action, read)
		case CategoryResource:
			request.Resource = append(request.Resource, read)
		}
	}
	return request, nil
}

// read gives each value an attribute of its own, which a policy sees as the same.
func (c xmlAttributes) read() (Category, error) {
	category := Category{CategoryID: c.Category}
	for _, attribute := range c.Attributes {
		include, err := strconv.ParseBool(attribute.IncludeInResult)
		if err != nil {
			return category, fmt.Errorf("read XACML request: attribute %s: IncludeInResult is required: %w", attribute.ID, err)
		}
		for _, value := range attribute.Values {
			category.Attributes = append(category.Attributes, Attribute{
				ID: attribute.ID, Value: value.Text, DataType: value.DataType, Issuer: attribute.Issuer, IncludeInResult: include,
			})
		}
	}
	return category, nil
}

// The XML form of an answer. encoding/xml writes no prefixes of its own choice,
// so that they are part of the names here.
type (
	xmlResponse struct {
		XMLName xml.Name  `xml:"xacml:Response"`
		Space   string    `xml:"xmlns:xacml,attr"`
		Result  xmlResult `xml:"xacml:Result"`
	}
	xmlResult struct {
		Decision    string           `xml:"xacml:Decision"`
		Status      xmlStatus        `xml:"xacml:Status"`
		Obligations *xmlObligations  `xml:"xacml:Obligations"`
		Attributes  []xmlOutCategory `xml:"xacml:Attributes"`
	}
	xmlStatus struct {
		Code struct {
			Value string `xml:"Value,attr"`
		} `xml:"xacml:StatusCode"`
		Message string `xml:"xacml:StatusMessage,omitempty"`
	}
	xmlObligations struct {
		Obligations []xmlObligation `xml:"xacml:Obligation"`
	}
	xmlObligation struct {
		ID          string          `xml:"ObligationId,attr"`
		FulfillOn   string          `xml:"FulfillOn,attr"`
		Assignments []xmlAssignment `xml:"xacml:AttributeAssignment"`
	}
	xmlAssignment struct {
		DataType    string `xml:"DataType,attr"`
		AttributeID string `xml:"AttributeId,attr"`
		Category    string `xml:"Category,attr,omitempty"`
		Value       string `xml:",chardata"`
	}
	xmlOutCategory struct {
		Category   string            `xml:"Category,attr"`
		Attributes []xmlOutAttribute `xml:"xacml:Attribute"`
	}
	xmlOutAttribute struct {
		ID              string      `xml:"AttributeId,attr"`
		IncludeInResult bool        `xml:"IncludeInResult,attr"`
		Issuer          string      `xml:"Issuer,attr,omitempty"`
		Value           xmlOutValue `xml:"xacml:AttributeValue"`
	}
	xmlOutValue struct {
		DataType string `xml:"DataType,attr"`
		Text     string `xml:",chardata"`
	}
)

// xmlDeclaration is what the platform writes, although the bytes that follow are
// UTF-8: it makes the document as a string first.
const xmlDeclaration = `<?xml version="1.0" encoding="utf-16"?>`

// writeXML writes one result.
func writeXML(result Result) ([]byte, error) {
	out := xmlResponse{Space: policy.Namespace, Result: xmlResult{Decision: result.Decision}}
	out.Result.Status.Code.Value = result.Status.StatusCode.Value
	out.Result.Status.Message = result.Status.StatusMessage
	for _, obligation := range result.Obligations {
		if out.Result.Obligations == nil {
			out.Result.Obligations = &xmlObligations{}
		}
		written := xmlObligation{ID: obligation.ID, FulfillOn: string(policy.EffectPermit)}
		for _, a := range obligation.Assignments {
			written.Assignments = append(written.Assignments, xmlAssignment{DataType: a.DataType, AttributeID: a.AttributeID, Category: a.Category, Value: a.Value})
		}
		out.Result.Obligations.Obligations = append(out.Result.Obligations.Obligations, written)
	}
	for _, category := range result.Category {
		written := xmlOutCategory{Category: category.CategoryID}
		for _, a := range category.Attributes {
			written.Attributes = append(written.Attributes, xmlOutAttribute{
				ID: a.ID, IncludeInResult: true, Issuer: a.Issuer, Value: xmlOutValue{DataType: fullDataType(a.DataType), Text: a.Value},
			})
		}
		out.Result.Attributes = append(out.Result.Attributes, written)
	}
	body, err := xml.Marshal(out)
	if err != nil {
		return nil, fmt.Errorf("write XACML answer: %w", err)
	}
	return append([]byte(xmlDeclaration), body...), nil
}
