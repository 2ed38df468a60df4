# Parley's commands. `make run` and `make test` work on a fresh machine that has Python 3.11 or newer.
SHELL := /bin/sh
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --no-input
QUIET := >&2
LOCAL := $(wildcard requirements/local-*.txt)
LOCK := $(BIN)/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-annotate --no-header

.PHONY: run chat setup test test-long coverage lint format bench storm models lock catalogues clean
.DEFAULT_GOAL := run

run: setup  ## start the bot: every configured platform, or a chat in this terminal
	@$(BIN)/parley run

chat: setup  ## a chat in this terminal, whatever is configured
	@$(BIN)/parley chat

setup: $(VENV)/.ready

# Everything an install says goes to standard error: standard output belongs to the answers.
$(VENV)/.ready: requirements/run.txt $(LOCAL) pyproject.toml
	@$(PYTHON) requirements/install.py $(VENV) run $(QUIET)
	@touch $@

$(VENV)/.ready-dev: requirements/dev.txt $(LOCAL) pyproject.toml
	@$(PYTHON) requirements/install.py $(VENV) dev $(QUIET)
	@touch $@ $(VENV)/.ready

test: $(VENV)/.ready-dev  ## install what tests need and run them
	@$(BIN)/python -m pytest -n auto -m "not long"

test-long: $(VENV)/.ready-dev  ## the tests that take seconds each: crashes on PostgreSQL, roles, a calm before the storm
	@$(BIN)/python -m pytest -n auto -m long

coverage: $(VENV)/.ready-dev  ## the tests again, with the share of branches that they reach
	@$(BIN)/python -m pytest -n auto --cov --cov-report=term-missing:skip-covered

lint: $(VENV)/.ready-dev  ## formatting, rules, types
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy

format: $(VENV)/.ready-dev
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

bench: $(VENV)/.ready-dev  ## Parley beside a bare bot, in one run
	@$(BIN)/python -m bench.run

storm: $(VENV)/.ready-dev  ## kills, cuts and full disks under the real bot: see docs/operations.md
	@$(BIN)/python -m tests.storm

models: $(VENV)/.ready-dev  ## play every case of the models that hear, speak, see and draw; writes docs/models.md
	@$(BIN)/python -m tests.models_table

catalogues: $(VENV)/.ready-dev  ## compile the texts after a .po file has changed
	@$(BIN)/pybabel compile -D parley -d bot/locale

lock:  ## write the locked requirements anew (needs uv)
	$(LOCK) --extra slack --extra discord --extra postgres --group build pyproject.toml -o requirements/run.txt
	$(LOCK) --extra slack --extra discord --extra postgres --group build --group test --group lint pyproject.toml \
		-c requirements/run.txt -o requirements/dev.txt
	@set -e; for part in chat hearing speech; do \
		$(LOCK) --no-deps -c requirements/run.txt requirements/local-$$part.in -o requirements/local-$$part.txt; \
	done

clean:
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache
