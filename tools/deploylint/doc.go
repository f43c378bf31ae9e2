// Package deploylint checks the files in deploy/: the Dockerfiles with the
// linter of docker build itself, the Kubernetes manifests by strict decoding,
// the pod security standard and how they fit together, the alert rules with
// Prometheus' own parser and engine. All of it is tests; `make lint-deploy`
// runs them. It is a module of its own, so that these libraries stay apart from
// the program's and from those of the other linters.
package deploylint
