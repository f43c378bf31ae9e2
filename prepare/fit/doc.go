// Package fit tells what two application folders lack for handovers from one to
// the other to work, and mends it as edits of their files.
//
// [Read] reads the folders; [Applications] computes the edits from what was read
// and does no I/O. An edit changes what it has a reason for and leaves every
// other byte of its file as it is, in the file's own style. Where everything is
// as it should be there are no edits. The settings files are not this package's
// subject: package prepare fits those, since what they must say depends on more
// than the folders.
package fit
