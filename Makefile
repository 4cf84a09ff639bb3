# Two commands: `make demo` shows one mission from invitation to closed file, `make test` passes the tests.
# Nothing is needed but Python 3.11 or later and make; everything is installed into .venv.

VENV   := .venv
BIN    := $(VENV)/bin
PYTHON ?= $(shell for p in python3 python3.13 python3.12 python3.11; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)
ONCE   ?=
VERBOSE ?=
WORKERS ?= auto
SEED    ?= 1
MISSIONS ?= 60
FAULTS  ?= 25
LIMITS  ?=
PACKAGE ?=
COMPILE := $(BIN)/uv pip compile -q pyproject.toml --universal --python-version 3.11 --generate-hashes --no-header \
	--no-annotate
OF_DEV  := --upgrade -c requirements-dev.lock
export PIP_DISABLE_PIP_VERSION_CHECK := 1

.DEFAULT_GOAL := help
.PHONY: help demo test chaos chaos-proof bench check format lock clean

help: ## list the targets
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*##/\t/' | expand -t 14

demo: $(VENV)/.run ## one mission from invitation to closed file (ONCE=1: stop after it; VERBOSE=1: with the services' logs)
	$(BIN)/python -m deploy.local.demo $(if $(ONCE),--once) $(if $(VERBOSE),--verbose)

test: $(VENV)/.dev .system ## style, types, boundaries and every test
	$(MAKE) check
	$(BIN)/python -m pytest -n $(WORKERS) --dist worksteal

chaos: $(VENV)/.dev ## strike the running system at random; SEED=1 MISSIONS=2000 FAULTS=100 for a long run; LIMITS=1: Telegram's hold
	$(BIN)/python -m tests.chaos --seed $(SEED) --missions $(MISSIONS) --faults $(FAULTS) $(if $(LIMITS),--limits)

chaos-proof: $(VENV)/.dev ## a short run finds nothing, and finds each bug that is planted (several minutes)
	$(BIN)/python -m pytest -n $(WORKERS) -m proof tests/chaos tests/bench

bench: $(VENV)/.dev ## how fast it is, each figure against a floor of the same run (var/bench/latest.json)
	$(BIN)/python -m tests.bench

check: $(VENV)/.dev ## style, types and boundaries only
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: $(VENV)/.dev ## put the code in shape
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

lock: $(BIN)/python ## renew the lock files after a change of pyproject.toml (PACKAGE=name: that package alone)
	$(BIN)/python -m pip install -q uv
	$(COMPILE) $(if $(PACKAGE),--upgrade-package $(PACKAGE),--upgrade) --all-extras --group dev -o requirements-dev.lock
	$(COMPILE) $(OF_DEV) --all-extras --group local -o requirements.lock
	$(COMPILE) $(OF_DEV) --extra issuer -o requirements-issuer.lock
	$(COMPILE) $(OF_DEV) --extra notifier -o requirements-notifier.lock
	$(COMPILE) $(OF_DEV) --extra archive -o requirements-archive.lock

clean: ## remove what the other targets made
	rm -rf $(VENV) var .mypy_cache .ruff_cache .import_linter_cache

# The environment. Every package comes with the hash in the lock; the project itself is linked, not copied.
$(BIN)/python:
	@test -n "$(PYTHON)" || { echo "ត្រូវការ Python 3.11 ឡើងទៅ / Python 3.11 or later is needed"; exit 1; }
	$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); deploy/local/system-packages python3-venv && $(PYTHON) -m venv $(VENV); }

$(VENV)/.run: requirements.lock pyproject.toml | $(BIN)/python
	$(BIN)/python -m pip install -q --require-hashes -r requirements.lock
	$(BIN)/python -m pip install -q --no-deps --no-build-isolation -e .
	touch $@

$(VENV)/.dev: requirements-dev.lock pyproject.toml | $(BIN)/python
	$(BIN)/python -m pip install -q --require-hashes -r requirements-dev.lock
	$(BIN)/python -m pip install -q --no-deps --no-build-isolation -e .
	touch $@ $(VENV)/.run

.PHONY: .system
.system:
	@deploy/local/system-packages chromium:chromium poppler-utils:pdftotext
