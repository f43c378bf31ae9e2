// Package api is a client of the public API of Altinn applications and of Altinn
// Storage, with one person's token: whatever the pages of the console show or
// change goes through it, so that whoever has the token can do the same with
// curl.
//
// Addresses and shapes are those of docs.altinn.studio ("API for apps", "Storage
// API"). Applications write null for what has no value and a number for
// readStatus, Storage leaves members out and writes a name: both are read. Apart
// from the readers of file formats in package app and the types of
// [storage.Instance], it shares no code with the stand-ins.
package api
