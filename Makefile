# Two commands for everyone: `make run` and `make test`. Everything else serves them.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
STAMP  := $(VENV)/.complete
DATA   ?= data
PORT   ?= 8000
SOURCE ?= synthetic
PAGE   := src/groundswell/api/page/index.html
export POSTS_PER_MINUTE ?= 300

.DEFAULT_GOAL := help
.PHONY: help setup dashboard run test check fix bench load pipeline docs clean

help: ## show this list
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 10

setup: $(STAMP) $(PAGE) ## install everything into .venv and build the dashboard (done by the others when needed)

$(STAMP): pyproject.toml constraints.txt
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[dev]'
	touch $(STAMP)

dashboard: $(PAGE) ## build the dashboard into the package (Node.js 20.19 or newer)

dashboard/node_modules/.package-lock.json: dashboard/package.json dashboard/package-lock.json
	npm ci --prefix dashboard --no-audit --no-fund --loglevel=error
	touch $@

$(PAGE): dashboard/node_modules/.package-lock.json docs/reference/openapi.json \
		$(shell find dashboard/src dashboard/public dashboard/*.* -type f ! -name '*.test.ts' ! -name schema.d.ts 2>/dev/null)
	npm run --silent --prefix dashboard build
	touch $@

run: setup ## start everything with demo posts; http://127.0.0.1:8000 (SOURCE=bluesky: the live network)
	$(BIN)/groundswell up --data-dir $(DATA) --port $(PORT) --source $(SOURCE)

test: setup ## run the whole test suite, real servers and browser included
	npm test --silent --prefix dashboard
	$(BIN)/python -m pytest -n 2 --dist loadfile $(PYTEST_ARGS)

check: setup ## formatting, lint, types, import rules, generated docs
	$(BIN)/ruff format --check --quiet .
	$(BIN)/ruff check --quiet .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo
	$(BIN)/python docs/generate.py --check
	$(BIN)/python -m deploy.checks
	npm run --silent --prefix dashboard check

fix: setup ## mend formatting, simple lint and the generated docs
	$(BIN)/ruff check --fix --quiet . || true
	$(BIN)/ruff format --quiet .
	$(BIN)/python docs/generate.py
	npm run --silent --prefix dashboard fix

bench: setup ## measure everything we state, each with its peer (BENCH=name for one)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[dev,bench]'
	$(BIN)/python -m benchmarks $(BENCH)

pipeline: setup $(VENV)/dvc/.complete ## from texts to a judged version, as dvc.yaml says (params.yaml: which texts)
	PATH="$(CURDIR)/$(BIN):$(CURDIR)/$(VENV)/dvc/bin:$$PATH" dvc repro
	$(VENV)/dvc/bin/dvc metrics show --md

$(VENV)/dvc/.complete: training/dvc.txt
	test -x $(VENV)/dvc/bin/python || $(PYTHON) -m venv $(VENV)/dvc
	$(VENV)/dvc/bin/python -m pip install --quiet --disable-pip-version-check --requirement training/dvc.txt
	touch $@

load: setup ## ten minutes of random kills under load, on demand
	$(BIN)/python -m pytest -m soak --timeout 1800 -s tests

clean: ## remove what setup made (not the data)
	rm -rf $(VENV) dashboard/node_modules src/groundswell/api/page .mypy_cache .ruff_cache .pytest_cache .coverage*
