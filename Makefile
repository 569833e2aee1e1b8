# Everything here works from a bare clone with Python 3.11, git and make: each target builds .venv first if it must.
SHELL := /bin/sh
.SHELLFLAGS := -eu -c
.DELETE_ON_ERROR:
.DEFAULT_GOAL := help

PYTHON ?= $(shell command -v python3.11 || command -v python3 || echo python3.11)
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
SQL := models analyses tests/assertions

# One machine's choices must not change a result, and nothing here reports home.
export DBT_SEND_ANONYMOUS_USAGE_STATS := false
export DO_NOT_TRACK := 1
export GX_ANALYTICS_ENABLED := False
export DBT_PROFILES_DIR := $(CURDIR)
export PIP_DISABLE_PIP_VERSION_CHECK := 1
export PYTHONDONTWRITEBYTECODE :=
export TZ := UTC

.PHONY: help demo test lint format pytest quick build bench servers lock clean clean-all

help: ## show this page
	@echo "spanmart: raw LLM span exports to tested marts. Targets:"
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1|\2/p' $(MAKEFILE_LIST) | awk -F'|' '{printf "%-20s %s\n", $$1, $$2}'

# The stamp comes last, so an interrupted install is taken up again; it is older than the lock when the lock changes.
$(STAMP): requirements.lock pyproject.toml
	@"$(PYTHON)" -c 'import sys; sys.exit(sys.version_info < (3, 11) and "spanmart needs Python 3.11 or newer, this is " + sys.version.split()[0] + ": make PYTHON=/path/to/python3.11")'
	@test -x $(BIN)/python || "$(PYTHON)" -m venv $(VENV)
	@echo "installing the locked packages into $(VENV) (once, a minute or two)"
	@$(BIN)/python -m pip install --quiet --no-deps -r requirements.lock
	@$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation --editable .
	@touch $@

demo: $(STAMP) ## land the shipped exports and 40 days of demo traffic, build, print the headline marts
	@$(BIN)/spanmart demo

test: lint pytest build ## everything that must hold: lint, pytest, dbt build with data and unit tests

lint: $(STAMP) ## ruff, mypy and sqlfluff
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@SPANMART_WAREHOUSE=:memory: $(BIN)/sqlfluff lint --processes 2 $(SQL)

# SQL is mended by hand: sqlfluff's fix cuts text out of models around Jinja loops.
format: $(STAMP) ## let ruff rewrite what it can
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

pytest: $(STAMP) ## every Python test, the heavy ones last (only the quick ones: make quick)
	@$(BIN)/pytest --numprocesses auto --dist loadgroup --durations 10

quick: $(STAMP) ## the tests that take no whole build
	@$(BIN)/pytest -m "not heavy"

# The same build as the demo, but with the unit tests, in a place of its own so that it starts from nothing.
build: $(STAMP) ## land the demo's data afresh and dbt build it with every data and unit test
	@rm -rf build/test
	@$(BIN)/spanmart demo --dir build/test --unit-tests --no-headlines

bench: $(STAMP) ## measure landing beside ClickHouse (which it installs), and what a night's build costs
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --group bench
	@$(BIN)/python benchmarks/landing.py
	@$(BIN)/python benchmarks/nights.py

servers: $(STAMP) ## the vendors' own servers for the tests of spanmart pull, in a place apart (900 MB)
	@$(BIN)/uv venv --quiet --allow-existing .venv-servers
	@$(BIN)/uv pip install --quiet --python .venv-servers/bin/python "arize-phoenix==20.26.1" "mlflow==3.17.2"

lock: $(STAMP) ## for maintainers: resolve pyproject.toml anew into requirements.lock
	@$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --group dev --all-extras --no-emit-index-url \
	    --no-emit-find-links --no-header --upgrade pyproject.toml --output-file requirements.lock

clean: ## remove what demo, test and bench made; .venv and your own landing/ and warehouse/ stay
	@rm -rf demo build target logs dist .pytest_cache .mypy_cache .ruff_cache .hypothesis

clean-all: clean ## remove .venv as well
	@rm -rf $(VENV)
