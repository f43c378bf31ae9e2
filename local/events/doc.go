// Package events is the stand-in for Altinn Events: applications publish what
// happens to their instances, and subscribers are told by webhook or ask for it.
//
// As on the platform, publishing is best effort, delivery is at least once and
// in no order, a subscription is active only after its end point has answered a
// validation event, and whoever may not read an instance is not told of it. What
// cannot be delivered is tried again for two days. All of it is in memory and
// gone at the end. Sources: docs.altinn.studio, Events; Altinn/altinn-events.
package events
