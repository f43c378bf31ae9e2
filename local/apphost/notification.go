package apphost

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
)

// notification is what a caller wants the owner of a new instance to be told. It
// is read and checked; nothing is sent from here.
type notification struct {
	Channel     string             `json:"notificationChannel"`
	AfterHours  bool               `json:"allowSendingAfterWorkHours"`
	Language    *string            `json:"language"`
	SendTime    *looseTime         `json:"requestedSendTime"`
	CustomSMS   *customSMS         `json:"customSms"`
	CustomEmail *customEmail       `json:"customEmail"`
	Reminders   []notificationNote `json:"reminders"`
}

// notificationNote is a reminder.
type notificationNote struct {
	SendTime    *looseTime   `json:"requestedSendTime"`
	AfterDays   *int         `json:"sendAfterDays"`
	CustomSMS   *customSMS   `json:"customSms"`
	CustomEmail *customEmail `json:"customEmail"`
}

type customSMS struct {
	SenderName *string     `json:"senderName"`
	Text       *customText `json:"text"`
}

type customEmail struct {
	Subject *customText `json:"subject"`
	Body    *customText `json:"body"`
}

// customText is a text in all three languages, each of which must be there.
type customText struct {
	Bokmal  *string `json:"nb"`
	Nynorsk *string `json:"nn"`
	English *string `json:"en"`
}

// channels are the ways to reach somebody, as the library names them.
var channels = []string{"", "Email", "Sms", "EmailAndSms", "EmailPreferred", "SmsPreferred"}

// readNotification decodes and checks a notification.
func readNotification(r io.Reader) error {
	var n notification
	d := json.NewDecoder(r)
	if err := d.Decode(&n); err != nil {
		return err
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return errors.New("there is more after the notification")
	}
	return n.check()
}

func (n *notification) check() error {
	if !slices.ContainsFunc(channels, func(known string) bool { return strings.EqualFold(known, n.Channel) }) {
		return fmt.Errorf("the notification channel %q is not known", n.Channel)
	}
	err := errors.Join(n.CustomSMS.check(), n.CustomEmail.check())
	for _, reminder := range n.Reminders {
		err = errors.Join(err, reminder.CustomSMS.check(), reminder.CustomEmail.check())
	}
	return err
}

func (s *customSMS) check() error {
	if s == nil || s.SenderName != nil && s.Text.complete() {
		return nil
	}
	return errors.New("customSms needs senderName, and text in nb, nn and en")
}

func (e *customEmail) check() error {
	if e == nil || e.Subject.complete() && e.Body.complete() {
		return nil
	}
	return errors.New("customEmail needs subject and body in nb, nn and en")
}

func (t *customText) complete() bool {
	return t != nil && t.Bokmal != nil && t.Nynorsk != nil && t.English != nil
}
