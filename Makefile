# The commands of Letopis. `make demo` and `make test` do all the set-up there is.

export CARGO_TARGET_DIR ?= $(CURDIR)/target
TOOLS := $(or $(LETOPIS_TOOLS),$(or $(XDG_CACHE_HOME),$(HOME)/.cache)/letopis/tools)
export PATH := $(PATH):$(TOOLS)/bin

DATA ?= letopis-data
LISTEN ?= 127.0.0.1:8080
SIZE ?= medium
SEED ?= 1

.PHONY: demo test bench bench-peers torture check build fmt

# Builds, fills a data folder with a believable company, and serves it.
demo: build
	@test -e "$(DATA)/log" || "$(CARGO_TARGET_DIR)/debug/letopis" demo --data "$(DATA)" --seed $(SEED) --size $(SIZE)
	@cat docs/demo.txt
	@"$(CARGO_TARGET_DIR)/debug/letopis" serve --demo --data "$(DATA)" --listen $(LISTEN)

build:
	@scripts/setup.sh build
	cargo build --workspace --locked

# Everything that CI runs.
test:
	@scripts/setup.sh test
	cargo fetch --locked --quiet
	cargo fmt --all --check
	typos
	cargo deny --offline check bans licenses sources
	cargo clippy --workspace --all-targets --locked -- -D warnings
	cargo build --workspace --locked
	cargo nextest run --workspace --locked
	@test -n "$$LETOPIS_TEST_DATA" || test -d ../shared/data || echo \
	"NOT CHECKED: real data. Neither ../shared/data nor LETOPIS_TEST_DATA is there, so its tests looked at nothing."

# One table of measured figures beside their bars.
bench: build
	scripts/bench.sh

# The same with another event store beside it, which is built for that alone.
bench-peers: build
	cargo build --release --locked --manifest-path benches/peers/Cargo.toml --target-dir "$(CARGO_TARGET_DIR)/peers"
	for part in sealed conditions; do \
	"$(CARGO_TARGET_DIR)/debug/bench-append" --only $$part --peer "$(CARGO_TARGET_DIR)/peers/release/umadb-peer" || exit 1; done

# Breaks logs and looks what is left, see docs/torture.md: make torture SEED=1 ROUNDS=1000 FAULT=kill
FAULT ?= all
ROUNDS ?= 100
torture: build
	nice -n 19 "$(CARGO_TARGET_DIR)/debug/torture" --fault $(FAULT) --rounds $(ROUNDS) \
	$(if $(filter file,$(origin SEED)),,--seed $(SEED)) $(if $(MINUTES),--minutes $(MINUTES)) $(if $(FOLDER),--folder $(FOLDER))

fmt:
	cargo fmt --all
