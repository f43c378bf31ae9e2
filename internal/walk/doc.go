// Package walk walks the story of Stafett in a real browser, by clicking and typing
// what people would: a person fills in the original form and sends it in, the service
// carries it, and the case worker finds it in the organisation's inbox; whoever
// watches sees it all in the timeline.
//
// The program is a process of its own, as on somebody's machine. Everything that the
// pages can do wrong to people is looked for on every page that a link leads to.
package walk
