// Package postgrestest gives tests a PostgreSQL server of their own: real, empty,
// and gone when the test program ends, however it ends. It needs the programs
// initdb and postgres of version 13 or later (Debian's package postgresql), and no
// configuration. Without them a test that asks for a server is skipped and says so.
//
// The server listens on a Unix socket in a temporary folder, trusts whoever may
// open that, and writes nothing through to the disk unless asked: it survives being
// killed, not a power cut.
package postgrestest
