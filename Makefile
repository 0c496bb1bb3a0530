# Two commands on a fresh machine: `make demo` and `make test`. Everything else is for engineers.
SHELL := /bin/bash
.DEFAULT_GOAL := help
PORT ?= 8000
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMPS := var/.stamps
export PATH := $(CURDIR)/$(BIN):$(PATH)
export PIP_DISABLE_PIP_VERSION_CHECK := 1
CODE := app.py cli.py archive bot campaigns commands community compliance config console content_library crm_sync delivery insights kit portfolio reminders simulator wecom wiring
TESTS ?= tests
XDIST ?= 2

.PHONY: help demo setup test check lint types contracts run proof bench mission lock image-proof clean

help: ## this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | sort | column -t -s "$$(printf '\t')"

demo: setup ## the demo: a simulated WeCom, a synthetic bank, the pages; PORT=8000
	@$(BIN)/gengyun demo --port $(PORT)

setup: $(STAMPS)/runtime $(STAMPS)/assets ## installs alone; commands are then in .venv/bin/

test: setup-tests ## sets up what the tests need (PostgreSQL, a browser) and passes
	@$(BIN)/pytest $(TESTS) -n $(XDIST) --dist loadgroup -q -m "not slow"

check: lint types contracts ## what every commit passes: format, lint, types, import contracts, fast tests, 1,000 steps of the state machine
	@$(BIN)/pytest tests/unit tests/contracts tests/machine -n $(XDIST) -q -m "not slow"

lint: $(STAMPS)/dev
	@$(BIN)/ruff format --check -q .
	@$(BIN)/ruff check -q .
	@$(BIN)/hadolint Dockerfile

types: $(STAMPS)/dev
	@$(BIN)/mypy

contracts: $(STAMPS)/dev
	@$(BIN)/lint-imports --no-logo 2>/dev/null || $(BIN)/lint-imports

run: setup ## gengyun serve with .env
	@$(BIN)/gengyun serve --port $(PORT)

proof: setup-tests ## long reliability proofs (kill -9 and its kin); results in docs/proofs.md
	@$(BIN)/pytest $(TESTS) -q -m slow

bench: setup-tests ## performance as ratios; results in docs/performance.md
	@$(BIN)/python -m bench

mission: $(STAMPS)/dev ## the rows of the mission and the tests that prove them
	@$(BIN)/python -m tests.mission

image-proof: ## builds and runs the image without a Docker daemon (needs root)
	@bash scripts/image-proof.sh

lock: ## pins every dependency anew, with hashes and no host names
	@bash scripts/lock.sh

clean: ## removes what setup made
	rm -rf $(VENV) var assets/node_modules tests/node/node_modules kit/web/static/vendor

.PHONY: setup-tests
setup-tests: setup $(STAMPS)/dev $(STAMPS)/test-node $(STAMPS)/browser

$(BIN)/python:
	@bash scripts/venv.sh "$(PYTHON)" "$(VENV)"

$(STAMPS)/runtime: requirements.lock pyproject.toml | $(BIN)/python
	@bash scripts/install.sh requirements.lock
	@bash scripts/install.sh --editable
	@$(BIN)/python -m compileall -q -j 0 $(CODE)
	@mkdir -p $(STAMPS) && touch $@

$(STAMPS)/dev: requirements-dev.lock $(STAMPS)/runtime
	@bash scripts/install.sh requirements-dev.lock
	@mkdir -p $(STAMPS) && touch $@

$(STAMPS)/assets: assets/package-lock.json assets/vendor.lock.json $(STAMPS)/runtime
	@bash scripts/node.sh
	@$(BIN)/python -m kit.web.assets
	@mkdir -p $(STAMPS) && touch $@

$(STAMPS)/test-node: tests/node/package-lock.json $(STAMPS)/runtime
	@bash scripts/node.sh
	@cd tests/node && npm ci --no-audit --no-fund --loglevel=error
	@mkdir -p $(STAMPS) && touch $@

$(STAMPS)/browser: | $(STAMPS)/dev
	@bash scripts/browser.sh
	@mkdir -p $(STAMPS) && touch $@
