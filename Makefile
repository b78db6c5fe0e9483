# The two commands that a newcomer needs: `make run` and `make test`. Both set up what is missing.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready

.PHONY: setup run test test-slow check lint bench clean

setup: $(READY)

$(READY): pyproject.toml .python-version
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 12))' || \
		{ echo "sbc needs Python 3.12 or newer; name one: make PYTHON=python3.13 $(MAKECMDGOALS)"; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade pip
	$(BIN)/python -m pip install --quiet -e '.[dev]'
	@touch $@

run: $(READY)   ## the main job: 200 datasets, the Mundlak estimator
	$(BIN)/python -m sbc run --estimator mundlak

test: $(READY)  ## the fast tests
	$(BIN)/python -m pytest

test-slow: $(READY)  ## the deeper statistical checks
	$(BIN)/python -m pytest -m slow

lint: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

check: lint test  ## before each commit

clean:
	rm -rf $(VENV) build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis
