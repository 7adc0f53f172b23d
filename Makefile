# Commands of this project. `make` alone lists them.
.DEFAULT_GOAL := help
.PHONY: help setup demo serve test lint bench fuzz lock clean

help: ## List these commands
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## (.*)/  make \1\t\2/' | expand -t 16

setup: ## Make this clone ready: .venv, system libraries, translations, database, static files
	@.ci/setup

demo: setup ## Load the demonstration and serve it at http://127.0.0.1:8000
	@.ci/demo

serve: setup ## Serve this installation: web server and worker
	@.venv/bin/python manage.py serve

test: ## Run every test: SQLite, PostgreSQL, browser
	@.ci/setup --test
	@.ci/test

lint: ## Check style, types, imports and migrations
	@.ci/setup --test
	@.ci/lint

bench: ## Measure, and write docs/performance.md
	@.ci/setup --test
	@.venv/bin/python -m pip install --quiet --no-deps --require-hashes --upgrade --target .bench/peers -r .ci/requirements-bench.txt
	@PYTHONPATH=.bench/peers .venv/bin/python -m pytest -q -s -p no:cacheprovider -m benchmark tests/benchmarks

fuzz: ## Run the property tests for longer, with new examples each time (REMIT_FUZZ_DEFINITIONS, REMIT_FUZZ_SUBMISSIONS)
	@.ci/setup --test
	@.venv/bin/python -m pytest -q -n 2 --hypothesis-profile=fuzz -m "not browser and not benchmark" tests/unit \
	  $$(grep -rl "^from hypothesis" tests/integration)

lock: ## Write the lock files from pyproject.toml (UPGRADE=1 takes newer versions)
	@.ci/setup
	@.ci/lock

clean: ## Remove the virtual environment, caches and collected files; the data in .data stays
	@rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache .data/static
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
