// Package house holds tests over the repository itself: who may import whom,
// how long files are, that everything exported is documented, that licences are
// listed. It has no code of its own; the command that runs the project's tests
// lies in runtests.
package house
