// Package engine drives handovers: it sweeps for forms that have been sent in,
// has due handovers worked by many goroutines or processes, puts off what cannot
// be done just now, and holds back from an application that does not answer.
//
// The journal is the truth: it knows what is due, and when. Again and again the
// engine picks a few due handovers from it and puts their keys into a job queue.
// So the backlog lies in the journal and costs no memory, and a queue that is
// lost loses nothing. A job takes its handover as far as it goes in a short time;
// the journal's lease decides who acts.
package engine
