# Everything goes through `go`; this file only remembers the flags.

VERSION ?= $(shell git describe --always --dirty 2>/dev/null || echo dev)
PREFIX  ?= $(HOME)/.local
LDFLAGS  = -s -w -X github.com/rootless-sandbox/sandbox/cmd/internal/cli.Version=$(VERSION)

.PHONY: build demo test lint vet fuzz bench install clean

CARRIED = sandbox/internal/carried/files
SUM     = sh -c 'printf "%s %s\n" "$$(sha256sum < "$$0" | cut -d" " -f1)" "$$(wc -c < "$$0")" > "$$0.sum"'

# The order matters: the whole program carries the agent and the monitor, and the core carries all three.
build: ## one static binary: bin/sandbox, see docs/decisions/0005 for what it carries
	rm -f $(CARRIED)/agent* $(CARRIED)/monitor* $(CARRIED)/whole*
	CGO_ENABLED=0 go build -trimpath -ldflags "-s -w" -o $(CARRIED)/agent ./sandbox/internal/agent/standalone
	CGO_ENABLED=0 go build -trimpath -ldflags "-s -w" -o $(CARRIED)/monitor ./sandbox/internal/monitor/standalone
	$(SUM) $(CARRIED)/agent
	$(SUM) $(CARRIED)/monitor
	CGO_ENABLED=0 go build -trimpath -ldflags "$(LDFLAGS)" -o bin/whole ./cmd/sandbox
	cp bin/whole $(CARRIED)/whole && $(SUM) $(CARRIED)/whole && gzip -9n $(CARRIED)/whole
	CGO_ENABLED=0 go build -trimpath -tags core -ldflags "$(LDFLAGS)" -o bin/sandbox ./cmd/sandbox

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
	rm -rf bin dist $(CARRIED)/agent* $(CARRIED)/monitor* $(CARRIED)/whole*
