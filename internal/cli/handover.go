package cli

import (
	"github.com/spf13/cobra"
)

func newHandover(s *session) *cobra.Command {
	cmd := group(&cobra.Command{
		Use:   "handover",
		Short: "Handovers: what became of each form, and what to do about it",
		Long: `Works through the running service where there is one, else on the journal itself.
With STAFETT_DATABASE_URL that is the database which the services share.`,
		Example: `  stafett handover list                        # what is under way, waits or has failed
  stafett handover show 0b1f6d1f7a11           # by the reference on a person's receipt
  stafett handover send 50900001/1c1f3b0e-8a54-4c0e-9d49-0b1f6d1f7a11`,
	})
	cmd.AddCommand(newHandoverSend(s), newHandoverList(s), newHandoverShow(s), newHandoverRetry(s), newHandoverCancel(s),
		newHandoverPause(s), newHandoverResume(s), newHandoverReconcile(s), newHandoverClean(s))
	return cmd
}
