// Package fault makes the local platform fail on demand, as networks and
// servers do: an answer that is lost or late, a status in place of an answer, a
// connection that is reset.
//
// A fault is a real one. Where it says that an answer is lost, the work behind
// the answer has been done and committed, and its connection closes; where it
// says that a request is held, the work is done after the client has given up.
// The stand-ins call each other through the same network, so a rule hits these
// calls as well: this is how an application is made to compensate, or the
// second decision about an instance to fail.
package fault
