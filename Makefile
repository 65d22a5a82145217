# Everything a person runs by hand. `make help` lists it.
.DEFAULT_GOAL := help
SHELL := /bin/bash
PYTHON ?= python3.11
PORT ?= 3000
TEST_PROCESSES ?= 2
MONITOR_PORT ?= 8000
CONFIG ?= configs/text.toml
MIRROR ?= $(WEIR_DATA_MIRROR)
BUNDLE ?= models/bundles/text-minilm

SERVE_ENV := .venv-serve
DEV_ENV := .venv
export PIP_DISABLE_PIP_VERSION_CHECK := 1

.PHONY: help serve test lint format train bench monitor bento locks clean

help: ## list the targets
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

# A stamp in each environment remembers which lock it was installed from.
$(SERVE_ENV)/.stamp: locks/serve.txt pyproject.toml
	@echo 'Making $(SERVE_ENV) from locks/serve.txt: about a minute.'
	$(PYTHON) -m venv $(SERVE_ENV)
	$(SERVE_ENV)/bin/pip install --quiet -r locks/serve.txt
	$(SERVE_ENV)/bin/pip install --quiet --no-deps --editable .
	@touch $@

$(DEV_ENV)/.stamp: locks/dev.txt pyproject.toml
	@echo 'Making $(DEV_ENV) from locks/dev.txt: a few minutes.'
	$(PYTHON) -m venv $(DEV_ENV)
	$(DEV_ENV)/bin/pip install --quiet -r locks/dev.txt
	$(DEV_ENV)/bin/pip install --quiet --no-deps --editable .
	@touch $@

serve: $(SERVE_ENV)/.stamp ## serve the shipped bundles on PORT (default 3000)
	PORT=$(PORT) $(SERVE_ENV)/bin/weir serve

test: $(DEV_ENV)/.stamp ## set up and run every test
	OMP_NUM_THREADS=1 $(DEV_ENV)/bin/pytest --numprocesses $(TEST_PROCESSES) --dist loadfile $(PYTEST_ARGS)

lint: $(DEV_ENV)/.stamp ## formatter, linter, types
	$(DEV_ENV)/bin/ruff format --check .
	$(DEV_ENV)/bin/ruff check .
	$(DEV_ENV)/bin/mypy

format: $(DEV_ENV)/.stamp ## let ruff format and fix
	$(DEV_ENV)/bin/ruff format .
	$(DEV_ENV)/bin/ruff check --fix .

train: $(DEV_ENV)/.stamp ## data, training, baselines, export and report from MIRROR=<folder of data sets>
	$(DEV_ENV)/bin/weir data build --mirror "$(MIRROR)"
	test -d runs/between/best || $(DEV_ENV)/bin/weir train recover --out runs/between/best
	$(DEV_ENV)/bin/weir train text --config $(CONFIG)
	$(DEV_ENV)/bin/weir train baselines
	$(DEV_ENV)/bin/weir export --run runs/text --out $(BUNDLE)
	$(DEV_ENV)/bin/weir evaluate --bundle $(BUNDLE)

bench: $(DEV_ENV)/.stamp ## measure serving side by side and rewrite docs/benchmarks.md
	$(DEV_ENV)/bin/weir bench serve
	$(DEV_ENV)/bin/weir bench startup

monitor: $(DEV_ENV)/.stamp ## open the dashboards on MONITOR_PORT (default 8000)
	$(DEV_ENV)/bin/weir monitor ui --port $(MONITOR_PORT)

bento: $(SERVE_ENV)/.stamp ## build the bento
	$(SERVE_ENV)/bin/weir bento

COMPILE := $(DEV_ENV)/bin/pip-compile --quiet --upgrade --strip-extras --allow-unsafe --no-header --no-emit-index-url \
	--no-emit-find-links --no-emit-trusted-host --no-emit-options pyproject.toml

locks: $(DEV_ENV)/.stamp ## upgrade every lock on purpose; the smaller ones agree with dev
	$(COMPILE) --extra train --extra monitor --extra bench --extra dev --extra postgres --extra redis --extra parquet --extra otel -o locks/dev.txt
	$(COMPILE) -c locks/dev.txt -o locks/serve.txt
	$(COMPILE) -c locks/dev.txt --extra train -o locks/train.txt
	$(COMPILE) -c locks/dev.txt --extra monitor -o locks/monitor.txt
	sed -i 's/^\(torch==[0-9.]*\)+cpu$$/\1/' locks/*.txt

clean: ## remove build output, keep environments
	rm -rf build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis
