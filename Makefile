# Everything a developer runs. `make` alone lists it.
SHELL := /bin/bash
.DEFAULT_GOAL := help

PYTHON ?= python3
BIN := .venv/bin
READY := .venv/.ready

.PHONY: help
help: ## List these targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | sort | awk -F'\t' '{ printf "  make %-16s %s\n", $$1, $$2 }'

$(READY): requirements-dev.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "Python 3.11 or newer is needed; name one with: make PYTHON=/path/to/python"; exit 1; }
	@echo "Setting up .venv (about half a minute the first time) ..."
	@$(PYTHON) -m venv .venv
	@set -o pipefail; $(BIN)/pip install --disable-pip-version-check --require-hashes -r requirements-dev.txt \
		| awk '/^Collecting/ { print "  " $$2; fflush() } /^Installing collected/ { print "  installing ..."; fflush() }'
	@$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

.PHONY: install
install: $(READY) ## Set up the virtual environment in .venv

.PHONY: demo
demo: $(READY) ## Generate a real image, end to end, on this machine
	@$(BIN)/python -m infra.demo

.PHONY: serve
serve: $(READY) ## Run the whole system on this machine until Ctrl-C
	@$(BIN)/images-mcp serve

.PHONY: test
test: $(READY) ## Run the test suite
	@$(BIN)/pytest --numprocesses auto --dist worksteal

.PHONY: simulate
simulate: $(READY) ## Prove the money code: 20,000 seeded simulations, all crashes and pairs of crashes
	@$(BIN)/python -m tests.simulation.run --seeds 20000 --pairs --jobs 2

.PHONY: concurrency
concurrency: $(READY) ## Prove it with 64 real threads at once, against a ledger that overspends
	@$(BIN)/python -m tests.proofs.concurrency

.PHONY: mutants
mutants: $(READY) ## Prove the tests: break the money code on purpose, one way at a time
	@$(BIN)/python -m tests.proofs.mutants

.PHONY: load
load: $(READY) ## Measure: 200 generations, 32 at a time, against a local stack
	@$(BIN)/python -m infra.load

.PHONY: recovery
recovery: $(READY) ## Measure: kill workers and servers in the middle of jobs
	@$(BIN)/python -m infra.recovery

.PHONY: gallery
gallery: $(READY) ## Renew the README's pictures
	@$(BIN)/python -m infra.gallery

.PHONY: check
check: $(READY) ## Check style, formatting and types
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy

.PHONY: fmt
fmt: $(READY) ## Format the code
	@$(BIN)/ruff check --fix --quiet .
	@$(BIN)/ruff format .

.PHONY: lock
lock: $(READY) ## Renew the hashed requirements files from pyproject.toml (needs uv)
	@for extras in "" "--extra worker" "--extra worker --extra local --extra dev"; do \
		case "$$extras" in "") name=requirements.txt ;; *dev) name=requirements-dev.txt ;; *) name=requirements-worker.txt ;; esac; \
		uv pip compile --quiet --upgrade --universal --python-version 3.11 --generate-hashes --no-header $$extras -o $$name pyproject.toml; \
	done

.PHONY: clean
clean: ## Remove the virtual environment, caches and the local stack's data
	@rm -rf .venv .local out .mypy_cache .ruff_cache .pytest_cache .aws-sam build *.egg-info

VIEWER := tests/apps/viewer

.PHONY: viewer
viewer: $(READY) $(VIEWER)/node_modules/.package-lock.json ## Test the MCP App in a real host (needs Node 20 and Chromium)
	@npm run --silent --prefix $(VIEWER) check
	@npm test --silent --prefix $(VIEWER)

.PHONY: viewer-pictures
viewer-pictures: $(READY) $(VIEWER)/node_modules/.package-lock.json ## Renew the pictures of docs/viewer.md
	@npm run --silent --prefix $(VIEWER) screenshots

# What npm installs is complete once its own copy of the lock file is there.
tests/%/node_modules/.package-lock.json: tests/%/package-lock.json
	@npm ci --silent --prefix tests/$*

.PHONY: conformance
conformance: $(READY) tests/node/node_modules/.package-lock.json tests/conformance/node_modules/.package-lock.json ## Run the official MCP conformance suite (needs npm)
	@$(BIN)/python -m tests.conformance.run

.PHONY: clients
clients: $(READY) tests/node/node_modules/.package-lock.json ## Run real clients end to end and renew docs/clients.md (needs npm and curl)
	@$(BIN)/python -m tests.clients.run
