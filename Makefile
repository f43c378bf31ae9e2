# `make test` needs only Go. The linters are pinned in tools/go.mod and fetched by Go itself.

GO       ?= go
FUZZTIME ?= 10s
SOAK_FORMS ?= 10000
TOOL      = $(GO) tool -modfile=tools/go.mod

.PHONY: test lint lint-deploy soak bench fuzz build screenshots test-live

## test: every test; what is skipped is told at the end (STAFETT_NO_SKIP=1: a skip is a failure)
# Under the race detector, except for packages that run the whole world, in this process, in others and in a browser: it makes SQLite and
# cryptography in Go ten times slower, and every room that they run has tests of its own under it. What is concurrent in the command line and in the
# timeline's stream of events is under it too. Within a run, what takes longest comes first, so that no processor is idle at the end.
PAGES  = ./local/web/fill ./local/web/inbox ./local/web/records ./local/web/start ./local/web/story
WORLDS = ./internal/soak ./internal/cli ./internal/walk ./internal/story ./prepare ./internal/clients ./prepare/doctor ./prepare/fit ./prepare/rotate $(PAGES)
LONGEST = ./serve ./handover/... ./local ./local/apphost ./local/storage
# The race run leaves SQLite, which is C transpiled to Go, without the check of pointers that comes with the detector: it knows them to be odd, and pays half of its time.
SQLITE_AS_IS = -gcflags=modernc.org/...=-d=checkptr=0
test:
	$(GO) run ./internal/house/runtests $(SQLITE_AS_IS) $(TESTFLAGS) $$($(GO) list $(LONGEST) ./... | grep -vE '/(internal/(soak|story|walk|cli|clients)|prepare|prepare/(doctor|fit|rotate)|local/web/(fill|inbox|records|start|story))$$')
	$(GO) run ./internal/house/runtests $(SQLITE_AS_IS) -run 'Interrupt|Wait|Forward|Closed|Trouble|Hears' $(TESTFLAGS) ./internal/cli ./local/web/story
	$(GO) run ./internal/house/runtests -race=false $(TESTFLAGS) $(WORLDS)

## lint: format, vet, staticcheck, golangci-lint, deploy/, known vulnerabilities (STAFETT_VULNDB: a folder with the database)
lint:
	@unformatted=$$(git ls-files '*.go' | xargs gofmt -l); \
	if [ -n "$$unformatted" ]; then echo "not formatted with gofmt:"; echo "$$unformatted"; exit 1; fi
	$(GO) vet ./...
	$(GO) vet -tags live ./internal/probes
	$(TOOL) staticcheck ./...
	$(TOOL) golangci-lint run ./...
	$(TOOL) govulncheck $(if $(STAFETT_VULNDB),-db file://$(STAFETT_VULNDB)) ./...
	@$(MAKE) --no-print-directory lint-deploy

## lint-deploy: what is in deploy/, with libraries pinned in tools/deploylint/go.mod; the unit where systemd-analyze is there
lint-deploy:
	@command -v systemd-analyze >/dev/null || echo "systemd-analyze is not here: deploy/systemd is not checked"
	$(GO) test -C tools/deploylint -count=1 ./...

## soak: the crash suite of the service with many forms (SOAK_FORMS=500 for fewer), which takes hours
soak:
	STAFETT_SOAK_FORMS=$(SOAK_FORMS) $(GO) test -count=1 -v -timeout 24h ./internal/soak

## bench: the benchmarks of every package
bench:
	$(GO) test -run '^$$' -bench . -benchmem -timeout 1h ./...

## fuzz: every fuzz target for a short while (FUZZTIME=1m for longer)
fuzz:
	@$(GO) list ./... | while read -r package; do \
		$(GO) test -list '^Fuzz' "$$package" | grep '^Fuzz' | while read -r target; do \
			echo "$$package $$target"; \
			$(GO) test -run '^$$' -fuzz "^$$target\$$" -fuzztime $(FUZZTIME) "$$package" </dev/null || exit 1; \
		done || exit 1; \
	done

## build: bin/stafett for this machine
build:
	CGO_ENABLED=0 $(GO) build -trimpath -ldflags '-s -w' -o bin/ ./cmd/stafett

## screenshots: the images of the console that the README shows (needs Chromium)
screenshots:
	$(GO) test -count=1 -run Screenshots ./internal/walk -screenshots $(CURDIR)/docs/images

## test-live: the probes of the wire against a real environment, with your own credentials (ENV=tt02)
test-live:
	@[ -n "$(ENV)" ] || { echo "say which environment: make test-live ENV=tt02"; exit 64; }
	STAFETT_LIVE=$(ENV) $(GO) test -tags live -count=1 -v -run TestLive ./internal/probes
