# Rushes: `make run` and `make test` are all one needs; both set up what is missing.
SHELL := /bin/sh
.DEFAULT_GOAL := help
VENV := .venv
PY := $(VENV)/bin/python

# The first interpreter that really runs, is new enough and can make environments.
FIND_PYTHON = for p in python3 python3.13 python3.12 python3.11 python; do \
  "$$p" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1 \
  && { command -v "$$p"; break; }; done

.PHONY: help run test bench chaos lock clean

help:
	@echo "make run    set up what is missing, then run web, worker and sandbox"
	@echo "make test   everything: style, types, floors, unit, walk, browser"
	@echo "make chaos  longer runs of kills and faults"
	@echo "make bench  figures, one JSON line each"

$(PY):
	@python=$$($(FIND_PYTHON)); \
	if [ -z "$$python" ]; then \
	  echo "Rushes needs Python 3.11 or newer with venv (Debian: apt-get install python3-venv)."; \
	  exit 1; fi; \
	echo "Making $(VENV) with $$python ..."; "$$python" -m venv $(VENV)

$(VENV)/.run: requirements.lock | $(PY)
	@echo "Installing what Rushes needs (hashes checked) ..."
	@$(PY) -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	@touch $@

$(VENV)/.dev: requirements-dev.lock $(VENV)/.run
	@echo "Installing what the tests need (hashes checked) ..."
	@$(PY) -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.lock
	@touch $@

run: $(VENV)/.run
	@STUDIO_SANDBOX=$${STUDIO_SANDBOX-1} exec $(PY) manage.py up

test: $(VENV)/.dev
	@$(PY) -m tests

chaos: $(VENV)/.dev
	@$(PY) -m tests.chaos $(ARGS)

bench: $(VENV)/.dev
	@$(PY) -m tests.bench $(ARGS)

# For maintainers, with uv at hand.
lock:
	uv pip compile --universal --python-version 3.11 --generate-hashes --no-header --no-annotate -q pyproject.toml -o requirements.lock
	uv pip compile --universal --python-version 3.11 --generate-hashes --no-header --no-annotate -q pyproject.toml --group dev -c requirements.lock -o requirements-dev.lock

clean:
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .hypothesis
