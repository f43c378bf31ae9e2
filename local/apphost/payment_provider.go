package apphost

import (
	"crypto/rand"
	"fmt"
	"html/template"
	"maps"
	"net/http"
	"sync"
	"time"
)

// providerID names the stand-in for a payment provider.
const providerID = "Stafett"

// provider stands in for a payment provider: on a page of its own a person pays,
// or does not, and no money moves. It is safe for concurrent use.
type provider struct {
	starting sync.Mutex // held by an application while it starts a payment

	mu       sync.Mutex
	payments map[string]*startedPayment // by payment id
}

type startedPayment struct {
	instance string // its id
	status   paymentStatus
	back     string // where the person comes from
	language string
}

// start begins the payment of an instance for the application at an address, and
// leads people to another one when they are done.
func (p *provider) start(instanceID, application, back, language string, now time.Time) *paymentDetails {
	p.mu.Lock()
	defer p.mu.Unlock()
	id := rand.Text()
	p.payments[id] = &startedPayment{instanceID, paymentCreated, back, language}
	address, created := application+providerPath+id, now.Format(time.RFC3339)
	return &paymentDetails{PaymentID: id, RedirectURL: &address, CreatedDate: &created}
}

// cancel forgets a payment; false means that it has been paid, and stays.
func (p *provider) cancel(id string) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if payment, ok := p.payments[id]; ok && payment.status == paymentPaid {
		return false
	}
	delete(p.payments, id)
	return true
}

// forget lets go of the payments of the instances that match.
func (p *provider) forget(matches func(instanceID string) bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	maps.DeleteFunc(p.payments, func(_ string, payment *startedPayment) bool { return matches(payment.instance) })
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

// decide ends a payment and returns what it has come to.
func (p *provider) decide(id string, paid bool) (startedPayment, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	payment, ok := p.payments[id]
	if !ok {
		return startedPayment{}, false
	}
	if payment.status == paymentCreated {
		payment.status = paymentCancelled
		if paid {
			payment.status = paymentPaid
		}
	}
	return *payment, true
}

// find returns a payment as it stands.
func (p *provider) find(id string) (startedPayment, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	payment, ok := p.payments[id]
	if !ok {
		return startedPayment{}, false
	}
	return *payment, true
}

// providerPath is the path of the provider's page below the application's. A real
// provider has an address of its own.
const providerPath = "stand-in-payment/"

// providerWords are the words of the provider's page in one language.
type providerWords struct{ Payment, Intro, Amount, Pay, Cancel, Paid, Cancelled, Back string }

func wordsOfProvider(language string) (string, providerWords) {
	switch language {
	case "nn":
		return language, providerWords{
			"Betaling", "Denne sida står inn for ein betalingsleverandør. Beløpet er oppdikta, og ingen pengar blir flytta.",
			"Å betale", "Betal", "Avbryt", "Betalinga er gjord.", "Betalinga er avbroten.", "Tilbake til skjemaet",
		}
	case "en":
		return language, providerWords{
			"Payment", "This page stands in for a payment provider. The amount is made up, and no money moves.",
			"To pay", "Pay", "Cancel", "The payment is done.", "The payment is cancelled.", "Back to the form",
		}
	}
	return "nb", providerWords{
		"Betaling", "Denne siden står inn for en betalingsleverandør. Beløpet er oppdiktet, og ingen penger flyttes.",
		"Å betale", "Betal", "Avbryt", "Betalingen er gjort.", "Betalingen er avbrutt.", "Tilbake til skjemaet",
	}
}

var providerPage = template.Must(template.New("payment").Parse(`<!DOCTYPE html>
<html lang="{{.Language}}"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>{{.Words.Payment}} – {{.Title}}</title></head><body><main>
<h1>{{.Words.Payment}}</h1>
<p>{{.Words.Intro}}</p>
{{if .Decided}}<p>{{.Decided}}</p>
<p><a href="{{.Back}}">{{.Words.Back}}</a></p>
{{else}}<p>{{.Words.Amount}}: {{.Amount}}</p>
<form method="post"><button name="decision" value="pay">{{.Words.Pay}}</button> <button name="decision" value="cancel">{{.Words.Cancel}}</button></form>
{{end}}</main></body></html>
`))

// showPayment answers GET of the provider's page.
func (s *Server) showPayment(w http.ResponseWriter, r *http.Request) {
	payment, ok := s.payments.find(r.PathValue("payment"))
	if !ok {
		s.fail(w, r, empty(http.StatusNotFound))
		return
	}
	language, words := wordsOfProvider(payment.language)
	decided := map[paymentStatus]string{paymentPaid: words.Paid, paymentCancelled: words.Cancelled}[payment.status]
	order := s.order()
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	// A failed write means that the caller has gone.
	_ = providerPage.Execute(w, map[string]any{
		"Language": language, "Words": words, "Title": s.title(language), "Decided": decided, "Back": payment.back,
		"Amount": fmt.Sprintf("%g %s", order.TotalPrice, order.Currency),
	})
}

// decidePayment answers POST of the provider's page: decision is pay or cancel.
func (s *Server) decidePayment(w http.ResponseWriter, r *http.Request) {
	decision := r.PostFormValue("decision")
	if decision != "pay" && decision != "cancel" {
		s.fail(w, r, text(http.StatusBadRequest, "The decision is pay or cancel"))
		return
	}
	payment, ok := s.payments.decide(r.PathValue("payment"), decision == "pay")
	if !ok {
		s.fail(w, r, empty(http.StatusNotFound))
		return
	}
	http.Redirect(w, r, payment.back, http.StatusSeeOther)
}
