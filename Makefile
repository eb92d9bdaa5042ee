# Two commands do all set-up on a fresh machine:
#   make run    an environment of its own, and Outrider on 127.0.0.1:11211 with a store in the process
#   make test   what the tests need (memcached and nutcracker too, where it may), then lint, types and tests
# and `make bench` measures against nutcracker.

# A distribution's own interpreter first: it is built with the optimisations that self-built ones often lack.
PYTHON ?= $(shell for python in /usr/bin/python3 python3 python3.13 python3.12 python3.11; do \
	if $$python -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; \
	then command -v $$python; break; fi; done)
# The other interpreter that the tests run on, where it exists.
SECOND_PYTHON ?= $(shell if python3.13 -c 'import venv, ensurepip' 2>/dev/null; then command -v python3.13; fi)

VENV := .venv
BIN := $(VENV)/bin
SECOND := .venv-second
LISTEN ?= 127.0.0.1:11211
PIP_FLAGS := --quiet --disable-pip-version-check
PYTEST_FLAGS ?=
# What exercises our own code rather than compares it at length with other programs.
SECOND_TESTS := $(addprefix tests/,admin cli config dataplane protocol routes store test_layers.py test_log.py)

.PHONY: run test lint types tests tests-second bench servers clean

run: $(VENV)/.installed
	@$(BIN)/outrider dev --listen $(LISTEN)

test: servers lint types tests tests-second

lint: $(VENV)/.installed-test
	$(BIN)/ruff check
	$(BIN)/ruff format --check

types: $(VENV)/.installed-test
	$(BIN)/mypy

tests: $(VENV)/.installed-test servers
	$(BIN)/pytest $(PYTEST_FLAGS)

ifeq ($(SECOND_PYTHON),)
tests-second: tests
	@echo "python3.13 is not here: its tests are left out"
else
tests-second: tests $(SECOND)/.installed-test
	$(SECOND)/bin/pytest $(PYTEST_FLAGS) $(SECOND_TESTS) -m "not one_interpreter"
endif

bench: $(VENV)/.installed-bench servers
	$(BIN)/python -m bench $(BENCH_FLAGS)

# Real servers are what the tests compare with. Installed where that needs no password; else their tests fail and
# say what is missing.
servers:
	@.ci/servers

$(VENV)/bin/python:
	@if [ -z "$(PYTHON)" ]; then echo "Outrider needs Python 3.11 or newer with venv (Debian: apt-get install python3-venv)" >&2; exit 1; fi
	$(PYTHON) -m venv $(VENV)

$(SECOND)/bin/python:
	$(SECOND_PYTHON) -m venv $(SECOND)

$(VENV)/.installed: pyproject.toml | $(VENV)/bin/python
	$(BIN)/pip install $(PIP_FLAGS) --editable .
	@touch $@

$(VENV)/.installed-test: pyproject.toml | $(VENV)/bin/python
	$(BIN)/pip install $(PIP_FLAGS) --editable '.[test]'
	@touch $@

$(VENV)/.installed-bench: pyproject.toml | $(VENV)/bin/python
	$(BIN)/pip install $(PIP_FLAGS) --editable '.[bench]'
	@touch $@

$(SECOND)/.installed-test: pyproject.toml | $(SECOND)/bin/python
	$(SECOND)/bin/pip install $(PIP_FLAGS) --editable '.[test]'
	@touch $@

clean:
	rm -rf $(VENV) $(SECOND) build dist .mypy_cache .ruff_cache .pytest_cache bench/build
