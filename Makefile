# HocVu. `make help` lists the commands; each sets up what it needs by itself.
SHELL := /bin/bash
.DEFAULT_GOAL := help
PY := .venv/bin/python

help: ## this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 16

run: ## serve on 127.0.0.1:8080 (PORT= and DATABASE_URL= change it); seeds the demo at first start
	@scripts/run.sh

test: ## all tests: rules, SQLite, MariaDB, Chromium, PDFs (ARGS="tests/services -k lock" narrows it)
	@scripts/test.sh $(ARGS)

fast: setup-dev ## rules and architecture only: seconds
	@$(PY) -m pytest -q -m "not mariadb and not browser and not poppler and not signatures and not pdfa and not torture" tests/architecture tests/domain $(ARGS)

check: ## what CI runs: all tests, then style, types and translations
	@bash .ci/run

check-style: setup-dev ## lint, format, types, translations
	@$(PY) -m ruff check .
	@$(PY) -m ruff format --check .
	@$(PY) -m mypy
	@$(PY) -m scripts.i18n --check

format: setup-dev ## fix what lint and format can fix
	@$(PY) -m ruff check --fix .
	@$(PY) -m ruff format .

torture: setup-dev ## long runs: kill -9 under load, concurrent saves
	@scripts/system_packages.sh >/dev/null
	@$(PY) -m pytest -m torture -o faulthandler_timeout=0 $(ARGS)

bench: setup-dev ## measurements (bench/)
	@scripts/system_packages.sh >/dev/null
	@$(PY) -m bench $(ARGS)

demo-reset: ## a new demo province in the local SQLite file (the old one is kept aside)
	@scripts/demo_reset.sh

screenshots: setup-dev ## pictures of the demo's pages into docs/screenshots
	@scripts/system_packages.sh >/dev/null
	@$(PY) -m scripts.screenshots $(ARGS)

i18n: setup-dev ## collect the interface strings into translations/ (ARGS="--merge DIR" fills them from JSON)
	@$(PY) -m scripts.i18n $(ARGS)

lock: ## pin the requirements anew (ARGS=--upgrade takes newer versions)
	@scripts/lock_requirements.sh $(ARGS)

setup: ## .venv and compiled translations
	@scripts/setup.sh

setup-dev:
	@scripts/setup.sh --dev

.PHONY: help run test fast check check-style format torture bench demo-reset screenshots i18n lock setup setup-dev
