# Everything a developer runs. `make` alone lists it.
SHELL := /bin/bash
.DEFAULT_GOAL := help

PYTHON ?= python3
BIN := .venv/bin
READY := .venv/.ready

.PHONY: help
help: ## List these targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | sort | awk -F'\t' '{ printf "  make %-21s %s\n", $$1, $$2 }'

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

PYTEST := $(BIN)/pytest --numprocesses auto --dist worksteal
STACK_TESTS := tests/infra/local tests/test_contract_check.py
PROVIDER_TESTS := tests/handler/providers tests/vendors \
	tests/infra/operator/doctor/test_probes.py tests/infra/operator/importing

.PHONY: test
test: $(READY) ## Run the test suite, without what the next two run
	@$(PYTEST) $(addprefix --ignore=,$(STACK_TESTS) $(PROVIDER_TESTS))

.PHONY: test-stack
test-stack: $(READY) ## Run the tests of the running local stack: kill -9, restarts, every vendor, the contract
	@$(PYTEST) $(STACK_TESTS)

.PHONY: test-providers
test-providers: $(READY) ## Run the tests of vendors: every situation of every adapter, the fakes, hostile URLs and files
	@$(PYTEST) $(PROVIDER_TESTS)

# Programs of others that the tests run, each set in an environment of its own.
.venv-vendors/.ready .venv-gateway/.ready: .venv-%/.ready: requirements-%.txt
	@$(PYTHON) -m venv .venv-$*
	@.venv-$*/bin/pip install --quiet --disable-pip-version-check --require-hashes -r requirements-$*.txt
	@touch $@

tests/official/node_modules/.ready: tests/official/package-lock.json
	@npm ci --prefix tests/official --no-audit --no-fund --loglevel=error
	@touch $@

.PHONY: test-vendors-official
test-vendors-official: $(READY) .venv-vendors/.ready .venv-gateway/.ready tests/official/node_modules/.ready ## Check fakes and adapters against the vendors' own descriptions, clients and servers (needs Node)
	@$(BIN)/pytest tests/official/check_*.py

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

.PHONY: bench-previews
bench-previews: $(READY) ## Measure: what previews add to answers and to the worker's run
	@$(BIN)/python -m infra.bench.previews

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

# ---- Lambda: artifacts, and what they run on.
include infra/packaging/python.mk
# Must be the Architecture that is deployed: sam deploy asks for it again.
ARCH ?= arm64
HOST_ARCH := $(if $(filter arm64 aarch64,$(shell uname -m)),arm64,x86_64)
export SAM_CLI_TELEMETRY := 0

.venv-sam/.ready: requirements-sam.txt
	@echo "Setting up .venv-sam with the SAM CLI (about a minute the first time) ..."
	@$(PYTHON) -m venv .venv-sam
	@.venv-sam/bin/pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r requirements-sam.txt
	@touch $@

# An environment of the functions' Python, with what is in the lock file of its name.
define set_up_function_python
$(require_function_python)
@echo "Setting up .venv-$(1) with $(2) ..."
@$(FUNCTION_PYTHON) -m venv .venv-$(1)
@.venv-$(1)/bin/pip install --quiet --disable-pip-version-check --require-hashes -r requirements-$(1).txt
@touch $@
endef

.venv-lambda/.ready: requirements-lambda.txt
	$(call set_up_function_python,lambda,Lambda's runtime client)

.venv-rehearsal/.ready: requirements-rehearsal.txt
	$(call set_up_function_python,rehearsal,an AWS emulator that runs functions)

.PHONY: validate
validate: .venv-sam/.ready ## Validate and lint the template
	@.venv-sam/bin/sam validate --lint

.PHONY: build
build: .venv-sam/.ready ## Build the artifacts with the SAM CLI; ARCH=x86_64 for the other architecture
	@.venv-sam/bin/sam build --parameter-overrides Architecture=$(ARCH)

.PHONY: artifacts
artifacts: $(READY) .venv-sam/.ready .venv-lambda/.ready ## Build every artifact twice, for both architectures, and examine them
	@rm -rf .aws-sam/artifacts && mkdir -p .aws-sam/artifacts
	@for build in first second; do for architecture in arm64 x86_64; do \
		.venv-sam/bin/sam build --build-dir .aws-sam/artifacts/$$build/$$architecture \
			--parameter-overrides Architecture=$$architecture > .aws-sam/artifacts.log 2>&1 || { cat .aws-sam/artifacts.log; exit 1; }; \
	done; done
	@ARTIFACTS=$(CURDIR)/.aws-sam/artifacts FUNCTION_PYTHON=$(FUNCTION_PYTHON) RUNTIME="$$(echo $(CURDIR)/.venv-lambda/lib/python3.*/site-packages)" \
		$(BIN)/pytest tests/infra/packaging

# The functions as AWS runs them, in its Runtime Interface Emulator, built for this machine.
LAMBDA := .aws-sam/lambda
$(LAMBDA)/.ready: template.yaml requirements-api.txt requirements-worker.txt $(shell find handler infra/packaging -type f -not -path '*/__pycache__/*') | .venv-sam/.ready
	@echo "Building the functions for this machine ..."
	@mkdir -p .aws-sam
	@.venv-sam/bin/sam build --build-dir $(LAMBDA) --parameter-overrides Architecture=$(HOST_ARCH) > .aws-sam/lambda.log 2>&1 \
		|| { cat .aws-sam/lambda.log; exit 1; }
	@touch $@

.PHONY: lambda
lambda: $(READY) .venv-lambda/.ready $(LAMBDA)/.ready ## Run the built functions as Lambda does, until Ctrl-C (Linux)
	@$(BIN)/images-mcp serve --lambda

.PHONY: test-lambda
test-lambda: $(READY) .venv-lambda/.ready $(LAMBDA)/.ready ## Test the built functions in AWS's runtime (Linux)
	@LAMBDA=1 $(BIN)/pytest tests/infra/lambda_runtime --numprocesses 2 --dist loadfile

.PHONY: bench-lambda
bench-lambda: $(READY) .venv-lambda/.ready $(LAMBDA)/.ready ## Measure: warm calls, a job of 36 seconds, 50 callers at once
	@$(BIN)/python -m infra.bench.warm

.PHONY: rehearse
rehearse: $(READY) .venv-sam/.ready .venv-rehearsal/.ready ## Rehearse it all without AWS: build, deploy, generate, update, delete
	@$(BIN)/python -m infra.rehearsal --sam .venv-sam/bin/sam --python .venv-rehearsal/bin/python

.PHONY: sam-local
sam-local: $(READY) $(LAMBDA)/.ready ## Run the API function in Docker, by sam local start-api (Linux); its further options in SAM_LOCAL
	@$(BIN)/python -m infra.sam_local --sam .venv-sam/bin/sam $(SAM_LOCAL)

.PHONY: coldstart
coldstart: $(READY) .venv-lambda/.ready $(LAMBDA)/.ready ## Measure: starts of the API function, against a naive equivalent
	@PATH="$(dir $(FUNCTION_PYTHON)):$$PATH" .venv-sam/bin/sam build -t infra/bench/naive/template.yaml --build-dir .aws-sam/naive > .aws-sam/naive.log 2>&1 \
		|| { cat .aws-sam/naive.log; exit 1; }
	@$(BIN)/python -m infra.bench.coldstart .aws-sam/naive/Naive

LOCK := --quiet --upgrade --generate-hashes --no-header --universal
# What the SDK depends on for its client side, which `handler/lean.py` leaves out, and for a web
# server, which Lambda is.
NOT_IN_API := click cryptography h11 httpcore2 httpx2 httpx2-jsfetch pycparser pyjwt truststore uvicorn

# What a function ships: its extra, without what the runtime brings.
define lock_function
@uv pip compile $(LOCK) --python-version 3.13 --constraint requirements-dev.txt --extra $(1) -o requirements-$(1).txt \
	$(2:%=--no-emit-package %) $$(sed -nE 's/^([a-z0-9.-]+)==.*/--no-emit-package \1/p' requirements-lambda.txt) pyproject.toml
endef

.PHONY: lock
lock: $(READY) ## Renew the hashed requirements files (needs uv)
	@uv pip compile $(LOCK) --python-version 3.11 --extra api --extra worker --extra local --extra dev -o requirements-dev.txt pyproject.toml
	@printf 'awslambdaric\nboto3\n' | uv pip compile $(LOCK) --python-version 3.13 -o requirements-lambda.txt -
	$(call lock_function,api,$(NOT_IN_API))
	$(call lock_function,worker)
	@for group in vendors gateway; do uv pip compile $(LOCK) --python-version 3.11 --group $$group -o requirements-$$group.txt || exit 1; done
	@echo aws-sam-cli | uv pip compile $(LOCK) --python-version 3.11 -o requirements-sam.txt -
	@printf 'mangum\nmcp\n' | uv pip compile $(LOCK) --python-version 3.13 --constraint requirements-dev.txt -o infra/bench/naive/requirements.txt -
	@printf 'aws-sam-translator\nboto3\nministack\nsnapshot-restore-py\n' | uv pip compile $(LOCK) --python-version 3.13 \
		--constraint requirements-dev.txt -o requirements-rehearsal.txt -

.PHONY: clean
clean: ## Remove the virtual environment, caches and the local stack's data
	@rm -rf .venv .venv-sam .venv-lambda .venv-rehearsal .venv-vendors .venv-gateway .local out .mypy_cache .ruff_cache .pytest_cache .aws-sam build *.egg-info

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
