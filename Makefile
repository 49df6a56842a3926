# gridmap: two commands do everything. `make demo` sets up, runs and serves; `make test` sets up and tests.
.DEFAULT_GOAL := help
.PHONY: help setup demo test lint bench fuzz format lock wheel clean

PYTHON := .venv/bin/python
SERVE ?= yes
ARGS ?=

help: ## say what can be made
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | awk -F'\t' '{printf "  make %-8s %s\n", $$1, $$2}'

setup: ## install what is missing: database, Python environment, web assets
	@tools/setup.sh app

demo: ## set up all, make the demo county, compute its coverage, serve it (SERVE=no: stop after the table)
	@tools/setup.sh app
	@.venv/bin/gridmap demo $(if $(filter no,$(SERVE)),--no-serve) $(ARGS)

test: ## set up all, run the whole suite, browser tests included (ARGS="-k locate" for a part)
	@tools/setup.sh test
	@$(PYTHON) -m pytest -n 2 --dist loadgroup $(ARGS)

lint: ## style, types, layers
	@tools/setup.sh python
	@.venv/bin/ruff check .
	@.venv/bin/ruff format --check .
	@.venv/bin/mypy
	@.venv/bin/lint-imports

bench: ## measure against the peers (ARGS="audit --largest 200000")
	@tools/setup.sh bench
	@$(PYTHON) -m benchmarks $(ARGS)

fuzz: ## feed the readers broken files, a minute long (TIME=600 for ten)
	@tools/setup.sh fuzz
	@TIME=$(or $(TIME),60) $(PYTHON) -m tests.fuzz.fuzz_readers $(ARGS)

format: ## put the code into the house style
	@tools/setup.sh python
	@.venv/bin/ruff check --fix .
	@.venv/bin/ruff format .

lock: ## write requirements/*.txt anew from pyproject.toml
	@tools/setup.sh python
	@tools/lock.sh

wheel: ## build the sdist and the wheel into dist/
	@tools/setup.sh app
	@$(PYTHON) -m build --no-isolation

clean: ## remove what was built (the database stays: see gridmap db reset)
	rm -rf .venv node_modules benchmarks/node_modules gridmap/web/static/vendor dist build .mypy_cache .ruff_cache .hypothesis
