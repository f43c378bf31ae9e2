package fit

// The ids of what policies and metadata may lack, as [Need].ID has them. A need
// of a policy that is an action is the action's name after "policy-".
const (
	NeedInstantiate = "policy-instantiate" // the organisation's right to make instances
	NeedRead        = "policy-read"        // its right to read them
	NeedWrite       = "policy-write"       // its right to fill them
	NeedComplete    = "policy-complete"    // its right to confirm them
	NeedDelete      = "policy-delete"      // its right to delete them, where the project wants it
	NeedConfirm     = "policy-confirm"     // the citizen's right to send in from a confirmation task
	NeedReject      = "policy-reject"      // the citizen's right to go back from one
	NeedDataAction  = "policy-data-action" // a right that a data type demands by a name of its own
	NeedProcess     = "policy-process"     // a right to move the process, for an application that does so as its owner
	NeedLevel       = "policy-level"       // a minimum authentication level that an organisation can have

	NeedDataType     = "metadata-data-type"     // a data type for what is carried
	NeedContentTypes = "metadata-content-types" // content types that it takes
	NeedSize         = "metadata-size"          // the size of a file that it takes
	NeedCount        = "metadata-count"         // the number of files that it takes
	NeedContributor  = "metadata-contributor"   // the organisation among those who may add files
	NeedPartyType    = "metadata-party-type"    // a kind of recipient that may own instances
	NeedPDF          = "metadata-pdf"           // a PDF of the original form
	NeedKeep         = "metadata-keep"          // forms and data that are still there when they have been sent in
)
