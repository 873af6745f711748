# Bootstraps the environment only; the work is done by `shopguard` and `pytest`.
PYTHON ?= python3
VENV   ?= .venv
BIN    := $(VENV)/bin

.PHONY: run test clean

run: $(VENV)/.installed
	$(BIN)/shopguard demo $(ARGS)

test: $(VENV)/.installed-dev
	$(BIN)/python -m pytest --numprocesses=auto $(ARGS)

$(VENV)/bin/python:
	$(PYTHON) -m venv $(VENV)

$(VENV)/.installed: pyproject.toml | $(VENV)/bin/python
	$(BIN)/python -m pip install --quiet -e .
	touch $@

$(VENV)/.installed-dev: pyproject.toml | $(VENV)/bin/python
	$(BIN)/python -m pip install --quiet -e ".[dev]"
	touch $@ $(VENV)/.installed

clean:
	rm -rf $(VENV)
