# The two commands that a newcomer needs: `make run` and `make test`. Both set up what is missing.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready

.PHONY: setup run picture examples sweep-example study-example test test-lowest test-slow test-self check lint \
	lecture docs bench clean

setup: $(READY)

# Setuptools warns at every editable installation; a newcomer need not read that.
$(READY): pyproject.toml .python-version
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 12))' || \
		{ echo "sbc needs Python 3.12 or newer; name one: make PYTHON=python3.13 $(MAKECMDGOALS)"; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade pip
	PYTHONWARNINGS='ignore:Editable installation' $(BIN)/python -m pip install --quiet -e '.[dev]'
	@touch $@

run: $(READY)   ## the main job: 200 datasets, the Mundlak estimator
	$(BIN)/python -m sbc run --estimator mundlak
	@echo
	@echo "Next, compare two estimators, ask for a verdict, or fit a model from a file of your own:"
	@echo "  $(BIN)/python -m sbc run --estimator naive,mundlak"
	@echo "  $(BIN)/python -m sbc gate --run --estimator mundlak --truth self --preset smoke"
	@echo "  $(BIN)/python -m sbc run --estimator docs/examples/eight_schools.py:non_centred"

test: $(READY)  ## the fast tests, on all cores
	$(BIN)/python -m pytest -n auto

# The lowest versions that pyproject.toml allows; CI's own environment holds the highest.
test-lowest: pyproject.toml  ## the fast tests on the oldest allowed packages
	$(PYTHON) -m venv .venv-lowest
	$(PYTHON) .ci/lowest.py > .venv-lowest/constraints.txt
	.venv-lowest/bin/python -m pip install --quiet --only-binary :all: -e '.[dev]' \
		-c .venv-lowest/constraints.txt
	.venv-lowest/bin/python -m pytest

test-slow: $(READY)  ## the deeper statistical checks
	$(BIN)/python -m pytest -m slow

test-self: $(READY)  ## every estimator on data of its own, until its gate has decided
	$(BIN)/python -m pytest -m slow tests/models/test_self.py

lint: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

examples: $(READY)  ## make the pages in reports/example again: three quarters of an hour
	rm -rf reports/example-prior reports/example-effects reports/example-lecture
	$(BIN)/python -m sbc run --truth prior --estimator latent,naive --datasets 400 \
		--out reports/example-prior
	$(BIN)/python -m sbc run --truth effects --estimator naive,mundlak,oracle --datasets 400 \
		--out reports/example-effects
	$(BIN)/python -m sbc report reports/example-prior --out reports/example/prior.html
	$(BIN)/python -m sbc report reports/example-effects --out reports/example/effects.html
	$(BIN)/python -m sbc lecture --out reports/example-lecture
	cp reports/example-lecture/lecture.html reports/example/lecture.html

# The README's picture; Chromium makes it. The run takes some two minutes of an idle machine.
picture: $(READY)  ## docs/images/five-estimators.png, from 500 datasets
	rm -rf reports/five
	$(BIN)/python -m sbc run --estimator naive,fixed,multilevel,mundlak,latent --truth effects \
		--datasets 500 --out reports/five
	chromium --headless --no-sandbox --hide-scrollbars --window-size=1180,1530 \
		--screenshot=docs/images/five-estimators.png reports/five/report.html

sweep-example: $(READY)  ## the map in reports/example/sweep.html: 13,000 fits, some twenty minutes
	rm -rf reports/example-sweep
	$(BIN)/python -m sbc sweep --estimator all --vary sd_U=0:3:0.75 \
		--vary rows_per_group=2,5,10,30 --datasets 100 --bound bias=0.15 \
		--bound coverage_95=0.85:1 --precision coverage_95=0.04 --max-datasets 400 \
		--budget 13000 --out reports/example-sweep
	$(BIN)/python -m sbc report reports/example-sweep --out reports/example/sweep.html

study-example: $(READY)  ## a factorial study as papers print it: page, LaTeX table, methods; ten minutes
	rm -rf reports/example-study
	$(BIN)/python -m sbc sweep --estimator naive,multilevel,mundlak,clogit --truth effects \
		--vary sd_U=0,1.5,3 --vary n_groups=20,60 --vary rows_per_group=5,20 --datasets 150 \
		--out reports/example-study
	$(BIN)/python -m sbc report reports/example-study --field lollipop,nested-loop \
		--out reports/example/study.html
	$(BIN)/python -m sbc table reports/example-study --format latex > reports/example/study.tex
	$(BIN)/python -m sbc describe reports/example-study > reports/example/study.md

lecture: $(READY)  ## the lecture on one page, and its claims put to the test: half an hour
	$(BIN)/python -m sbc lecture

docs: $(READY)  ## the documentation as a site, docs/_build/html/index.html; any warning is an error
	$(BIN)/python -m sphinx -W --keep-going -q -b html docs docs/_build/html

bench: $(READY)  ## sbc beside pm.sample, simuk and raw nutpie; writes docs/data/plain.json
	$(BIN)/python -m pip install --quiet 'simuk>=0.3,<0.4'
	$(BIN)/python tests/benchmarks/plain.py --out docs/data/plain.json
	$(BIN)/python tests/benchmarks/families.py --out docs/data/families.json
	$(BIN)/python tests/benchmarks/bench.py --out docs/data/bench.json

check: lint test  ## before each commit

clean:
	rm -rf $(VENV) .venv-lowest build dist docs/_build *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis
