package apphost

import (
	"crypto/rand"
	"fmt"
	"html/template"
	"net/http"
	"sync"
	"time"
)

// providerID names the stand-in for a payment provider.
const providerID = "Stafett"

// provider stands in for a payment provider: on a page of its own a person pays,
// or does not, and no money moves. It is safe for concurrent use.
type provider struct {
	mu       sync.Mutex
	payments map[string]*startedPayment // by payment id
}

type startedPayment struct {
	status paymentStatus
	back   string // where the person comes from
}

// start begins a payment for the application at an address, and leads people to
// another one when they are done.
func (p *provider) start(application, back string, now time.Time) *paymentDetails {
	p.mu.Lock()
	defer p.mu.Unlock()
	id := rand.Text()
	p.payments[id] = &startedPayment{status: paymentCreated, back: back}
	address, created := application+providerPath+id, now.Format(time.RFC3339)
	return &paymentDetails{PaymentID: id, RedirectURL: &address, CreatedDate: &created}
}

// cancel ends a payment that nobody has paid.
func (p *provider) cancel(id string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if payment, ok := p.payments[id]; ok && payment.status == paymentCreated {
		payment.status = paymentCancelled
	}
}

// status tells how a payment stands, and notes how it was paid.
func (p *provider) status(details *paymentDetails) paymentStatus {
	p.mu.Lock()
	defer p.mu.Unlock()
	payment, ok := p.payments[details.PaymentID]
	if !ok {
		return paymentCancelled
	}
	if payment.status == paymentPaid && details.PaymentType == nil {
		kind, method := "CARD", "Made-up card"
		details.PaymentType, details.PaymentMethod, details.ChargedDate = &kind, &method, details.CreatedDate
	}
	return payment.status
}

// decide ends a payment and tells where the person goes back to.
func (p *provider) decide(id string, paid bool) (string, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	payment, ok := p.payments[id]
	if !ok {
		return "", false
	}
	if payment.status == paymentCreated {
		payment.status = paymentCancelled
		if paid {
			payment.status = paymentPaid
		}
	}
	return payment.back, true
}

// providerPath is the path of the provider's page below the application's. A real
// provider has an address of its own.
const providerPath = "stand-in-payment/"

var providerPage = template.Must(template.New("payment").Parse(`<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>Payment</title></head><body>
<h1>Payment</h1>
<p>This page stands in for a payment provider. No money moves. The amount is made up: {{.}}</p>
<form method="post"><button name="decision" value="pay">Pay</button> <button name="decision" value="cancel">Cancel</button></form>
</body></html>
`))

// showPayment answers GET of the provider's page.
func (s *Server) showPayment(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	order := s.order()
	_ = providerPage.Execute(w, fmt.Sprintf("%.2f %s", order.TotalPrice, order.Currency)) // a failed write means that the caller has gone
}

// decidePayment answers POST of the provider's page: decision is pay or cancel.
func (s *Server) decidePayment(w http.ResponseWriter, r *http.Request) {
	decision := r.PostFormValue("decision")
	if decision != "pay" && decision != "cancel" {
		s.fail(w, r, text(http.StatusBadRequest, "The decision is pay or cancel"))
		return
	}
	back, ok := s.payments.decide(r.PathValue("payment"), decision == "pay")
	if !ok {
		s.fail(w, r, empty(http.StatusNotFound))
		return
	}
	http.Redirect(w, r, back, http.StatusSeeOther)
}
