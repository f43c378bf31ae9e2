package fill

import (
	"errors"
	"net/http"
	"slices"

	"github.com/stafett/stafett/app/process"
	"github.com/stafett/stafett/local/web/api"
	"github.com/stafett/stafett/local/web/frame"
)

// actionPay is the action that starts a payment. Unlike others it leaves the task
// as it is.
const actionPay = "pay"

// paymentSteps are the steps of a payment task: as long as nothing is paid, its
// other steps lead nowhere but back; and what is paid cannot be taken back.
func paymentSteps(c *frame.Call, steps []step, paid bool) []step {
	if !paid {
		return slices.DeleteFunc(steps, func(s step) bool { return s.Action != actionPay && s.Action != "reject" })
	}
	steps = slices.DeleteFunc(steps, func(s step) bool { return s.Action == actionPay || s.Action == "reject" })
	for i, s := range steps {
		switch s.Action {
		case "confirm":
			steps[i].Main = true
		case "":
			steps[i].Text = stepText(c, "write")
		}
	}
	return steps
}

// pays tells that an action starts the payment of the current task.
func pays(s *standing, action string) bool {
	return action == actionPay && s.process.CurrentTask.Type == process.TypePayment
}

// payment describes a payment task. Where the application does not tell how the
// payment stands, the page is that of any task.
func (p *ending) payment(c *frame.Call, s *standing) error {
	payment, err := s.client.Payment(c.Context(), s.app, s.place.instance)
	var refused *api.Error
	if errors.As(err, &refused) {
		return nil
	}
	if err != nil {
		return err
	}
	p.Steps = paymentSteps(c, p.Steps, payment.Done())
	switch {
	case payment.Done():
		p.Intro = c.T("pay.paid")
	case payment.AtStandIn():
		p.Intro = c.T("pay.intro", payment.Order.Total, payment.Order.Currency)
	default:
		p.Intro = c.T("pay.elsewhere", payment.Order.Total, payment.Order.Currency)
		if payment.Status == "Created" && payment.Details != nil {
			p.Provider = payment.Details.RedirectURL
		}
	}
	return nil
}

// pay starts the payment of the current task, unless it is paid, and pays where the
// provider is the application's stand-in for one. To another one the task's page has
// a link: the console's pages are not led away from by a button. The person comes
// back to the page where the button was.
func (a *area) pay(c *frame.Call, s *standing, page string) (frame.Answer, error) {
	payment, err := s.client.Payment(c.Context(), s.app, s.place.instance)
	if err != nil {
		return frame.Answer{}, err
	}
	if payment.Done() {
		return frame.Redirect(page), nil // as from another tab
	}
	address, err := s.client.StartPayment(c.Context(), s.app, s.place.instance)
	var refused *api.Error
	switch {
	case errors.As(err, &refused) && refused.Status == http.StatusConflict:
		return frame.Redirect(page), nil // paid in the meantime
	case err != nil:
		return frame.Answer{}, lacking(actionPay, err)
	}
	if err := s.client.PayAtStandIn(c.Context(), s.app, address); err != nil {
		return frame.Answer{}, err
	}
	return frame.Redirect(page), nil
}
