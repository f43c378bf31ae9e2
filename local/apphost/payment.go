package apphost

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"

	"github.com/stafett/stafett/app/process"
	"github.com/stafett/stafett/local/storage"
	"github.com/stafett/stafett/local/urlquery"
)

// paymentStatus is how a payment stands, as the library writes it.
type paymentStatus string

const (
	paymentUninitialized paymentStatus = "Uninitialized"
	paymentCreated       paymentStatus = "Created"
	paymentPaid          paymentStatus = "Paid"
	paymentCancelled     paymentStatus = "Cancelled"
	paymentSkipped       paymentStatus = "Skipped"
)

// paymentInformation is what an application keeps and tells about a payment.
type paymentInformation struct {
	TaskID  string          `json:"taskId"`
	Status  paymentStatus   `json:"status"`
	Order   orderDetails    `json:"orderDetails"`
	Details *paymentDetails `json:"paymentDetails"`
}

// paymentDetails are a payment as its provider knows it.
type paymentDetails struct {
	PaymentID      string  `json:"paymentId"`
	RedirectURL    *string `json:"redirectUrl"`
	Payer          any     `json:"payer"`
	PaymentType    *string `json:"paymentType"`
	PaymentMethod  *string `json:"paymentMethod"`
	CreatedDate    *string `json:"createdDate"`
	ChargedDate    *string `json:"chargedDate"`
	InvoiceDetails any     `json:"invoiceDetails"`
	CardDetails    any     `json:"cardDetails"`
}

// orderDetails are what is paid for.
type orderDetails struct {
	ProcessorID     string           `json:"paymentProcessorId"`
	Receiver        *paymentReceiver `json:"receiver"`
	OrderReference  *string          `json:"orderReference"`
	Currency        string           `json:"currency"`
	Lines           []orderLine      `json:"orderLines"`
	TotalPriceExVat float64          `json:"totalPriceExVat"`
	TotalVat        float64          `json:"totalVat"`
	TotalPrice      float64          `json:"totalPriceIncVat"`
}

type paymentReceiver struct {
	OrganisationNumber *string `json:"organisationNumber"`
	Name               *string `json:"name"`
	PostalAddress      any     `json:"postalAddress"`
	BankAccountNumber  *string `json:"bankAccountNumber"`
	Email              *string `json:"email"`
	PhoneNumber        any     `json:"phoneNumber"`
}

type orderLine struct {
	ID              string  `json:"id"`
	Name            string  `json:"name"`
	TextResourceKey *string `json:"textResourceKey"`
	PriceExVat      float64 `json:"priceExVat"`
	Quantity        int     `json:"quantity"`
	VatPercent      float64 `json:"vatPercent"`
	Unit            string  `json:"unit"`
}

// order is the order of every payment. What a form costs, code of the application's
// own tells, which is not run here; a made-up order takes its place.
func (s *Server) order() orderDetails {
	const price = 100
	name := s.folder.Org
	return orderDetails{
		ProcessorID: providerID, Currency: "NOK", Receiver: &paymentReceiver{Name: &name},
		Lines:           []orderLine{{ID: "1", Name: "Made-up fee", PriceExVat: price, Quantity: 1, Unit: "pcs"}},
		TotalPriceExVat: price, TotalPrice: price,
	}
}

// errPaymentConfig says that a payment task cannot work.
var errPaymentConfig = errors.New("the paymentConfig of the task needs a paymentDataType and a paymentReceiptPdfDataType")

// paymentWorks reports whether a task has what a payment needs.
func paymentWorks(task process.Task) bool {
	return task.Payment != nil && task.Payment.DataType != "" && task.Payment.ReceiptDataType != ""
}

// getPayment answers GET payment: how the payment stands at its provider. For the
// current task that is stored, for another one it is told only.
func (s *Server) getPayment(w http.ResponseWriter, c *call) error {
	in, err := c.platform.instance(c.ctx(), c.instanceID)
	if err != nil {
		// Not caught by the application library: an unhandled exception.
		return &refusal{empty(http.StatusInternalServerError), err}
	}
	taskID := currentTask(in)
	if asked := urlquery.Of(c.r).Get("taskId"); asked != "" {
		taskID = asked
	}
	task, _ := s.folder.Process.Task(taskID)
	if task.Payment == nil {
		return problem(http.StatusBadRequest, "Not a payment task",
			"The current task is no payment task, and taskId in the query names none")
	}
	information, err := s.checkPayment(c, &in, task)
	if err != nil {
		return &refusal{empty(http.StatusInternalServerError), err}
	}
	writeJSON(w, http.StatusOK, jsonType, information)
	return nil
}

// orderDetails answers GET payment/order-details.
func (s *Server) orderDetails(w http.ResponseWriter, c *call) error {
	if _, err := c.platform.instance(c.ctx(), c.instanceID); err != nil {
		return &refusal{empty(http.StatusInternalServerError), err}
	}
	writeJSON(w, http.StatusOK, jsonType, s.order())
	return nil
}

// checkPayment asks the provider how a payment stands.
func (s *Server) checkPayment(c *call, in *storage.Instance, task process.Task) (paymentInformation, error) {
	if !paymentWorks(task) {
		return paymentInformation{}, errPaymentConfig
	}
	id, information, err := c.platform.payment(c.ctx(), *in, task.Payment.DataType)
	switch {
	case err != nil:
		return information, err
	case id == "":
		return paymentInformation{TaskID: task.ID, Status: paymentUninitialized, Order: s.order()}, nil
	case information.Status == paymentSkipped || information.Details == nil:
		return information, nil
	}
	information.Status = s.payments.status(information.Details)
	if task.ID == currentTask(*in) {
		err = c.platform.storePayment(c.ctx(), in, task.Payment.DataType, id, information)
	}
	return information, err
}

// payAction starts a payment, in place of one that has been started and not paid.
func (s *Server) payAction(c *call, in *storage.Instance, task process.Task, _ string) (actionOutcome, error) {
	if !paymentWorks(task) {
		return actionOutcome{}, errPaymentConfig
	}
	// Of two who start a payment at once, the second finds that of the first.
	s.payments.starting.Lock()
	defer s.payments.starting.Unlock()
	var err error
	if *in, err = c.platform.reread(c.ctx(), *in); err != nil {
		return actionOutcome{}, err
	}
	id, earlier, err := c.platform.payment(c.ctx(), *in, task.Payment.DataType)
	if err != nil {
		return actionOutcome{}, err
	}
	if id != "" && earlier.Status == paymentPaid {
		return actionFailed(http.StatusConflict, "PaymentAlreadyCompleted", "Payment already completed."), nil
	}
	if id != "" && earlier.Details != nil {
		if err := s.cancelPayment(c, in, id, earlier); err != nil {
			return actionOutcome{}, err
		}
	}
	origin := originOf(c.r)
	details := s.payments.start(in.ID, origin+"/"+s.folder.ID+"/", s.pageAt(origin, in.ID), c.language(), s.now())
	err = c.platform.storePayment(c.ctx(), in, task.Payment.DataType, "", paymentInformation{
		TaskID: task.ID, Status: paymentCreated, Order: s.order(), Details: details,
	})
	if err != nil {
		return actionOutcome{}, err
	}
	*in, err = c.platform.reread(c.ctx(), *in)
	return actionOutcome{redirect: *details.RedirectURL}, err
}

// cancelPayment cancels at the provider a payment that has been started, and
// forgets it. One that has been paid stays as it is.
func (s *Server) cancelPayment(c *call, in *storage.Instance, id string, started paymentInformation) error {
	if started.Details != nil && !s.payments.cancel(started.Details.PaymentID) {
		return errors.New("the payment has been paid and cannot be cancelled")
	}
	if err := c.platform.removeData(c.ctx(), in.ID, id, false); err != nil {
		return err
	}
	in.Data = slices.DeleteFunc(in.Data, func(e storage.DataElement) bool { return e.ID == id })
	return nil
}

// resetPayment cancels what an earlier stay at a payment task has left, when the
// task begins or is abandoned.
func (s *Server) resetPayment(c *call, in *storage.Instance, task process.Task) error {
	if !paymentWorks(task) {
		return errPaymentConfig
	}
	id, started, err := c.platform.payment(c.ctx(), *in, task.Payment.DataType)
	if err != nil || id == "" {
		return err
	}
	return s.cancelPayment(c, in, id, started)
}

// endPayment demands that the payment is done, and stores the receipt.
func (s *Server) endPayment(c *call, in *storage.Instance, task process.Task) error {
	if !paymentWorks(task) {
		return errPaymentConfig
	}
	id, information, err := c.platform.payment(c.ctx(), *in, task.Payment.DataType)
	switch {
	case err != nil:
		return err
	case id == "":
		return errors.New("payment information not found")
	case information.Status == paymentSkipped:
		return nil // nothing was paid, so there is nothing to receipt
	case information.Status != paymentPaid:
		return errors.New("the payment is not completed")
	}
	var content bytes.Buffer
	if err := s.printTasks(c, *in, []string{task.ID}, &content); err != nil {
		return fmt.Errorf("make receipt: %w", err)
	}
	return s.insertPDF(c, in, task.Payment.ReceiptDataType, "Betalingskvittering.pdf", task.ID, content.Bytes())
}

// payment reads what is kept about the payment of an instance, and the id of the
// element; empty means that there is none.
func (s session) payment(ctx context.Context, in storage.Instance, dataType string) (string, paymentInformation, error) {
	var information paymentInformation
	elements := elementsOf(in, dataType)
	if len(elements) == 0 {
		return "", information, nil
	}
	content, err := s.formBytes(ctx, in.ID, elements[0].ID)
	if err != nil {
		return "", information, err
	}
	if err := json.Unmarshal(content, &information); err != nil {
		return "", information, fmt.Errorf("read payment: %w", err)
	}
	return elements[0].ID, information, nil
}

// storePayment keeps the state of a payment, in a new element if id is empty.
func (s session) storePayment(ctx context.Context, in *storage.Instance, dataType, id string, information paymentInformation) error {
	content, err := json.Marshal(information)
	if err != nil {
		return fmt.Errorf("write payment: %w", err)
	}
	u := upload{
		dataType: dataType, contentType: "application/json", filename: dataType + ".json",
		body: bytes.NewReader(content), size: int64(len(content)),
	}
	if id == "" {
		_, err = s.insertData(ctx, in.ID, u)
	} else {
		_, err = s.replaceData(ctx, in.ID, id, u)
	}
	return err
}
