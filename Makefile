# Everything goes through `go`; this file only remembers the flags.

VERSION ?= $(shell git describe --always --dirty 2>/dev/null || echo dev)
PREFIX  ?= $(HOME)/.local
LDFLAGS  = -s -w -X github.com/rootless-sandbox/sandbox/cmd/internal/cli.Version=$(VERSION)

.PHONY: build demo test lint vet fuzz bench install clean

AGENT = sandbox/internal/agentbin/files/agent

build: ## one static binary: bin/sandbox, with the small one in it that sandboxes start as
	CGO_ENABLED=0 go build -trimpath -ldflags "-s -w" -o $(AGENT) ./sandbox/internal/agent/standalone
	cd $(dir $(AGENT)) && sha256sum agent > agent.sha256
	CGO_ENABLED=0 go build -trimpath -ldflags "$(LDFLAGS)" -o bin/sandbox ./cmd/sandbox

demo: build ## the tool on a real project, with every promise checked
	scripts/demo.sh

test: ## everything; as root it runs as two unprivileged users of its own
	scripts/test.sh

lint: vet ## the linters that CI runs
	golangci-lint run

vet:
	go vet ./...

fuzz: ## each fuzz target for a short time; FUZZTIME=1m for longer
	scripts/fuzz.sh

bench: build ## beside bubblewrap and podman, where they are installed
	scripts/bench.sh

install: build ## to PREFIX, by default ~/.local
	install -D -m 0755 bin/sandbox $(DESTDIR)$(PREFIX)/bin/sandbox

clean:
	rm -rf bin dist $(AGENT) $(AGENT).sha256
