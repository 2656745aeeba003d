PYTHON ?= .venv/bin/python
BIN := $(dir $(PYTHON))

.PHONY: check format lint types floors test

check: lint types floors test

format:
	$(BIN)ruff format src tests
	$(BIN)ruff check --fix src tests

lint:
	$(BIN)ruff format --check src tests
	$(BIN)ruff check src tests

types:
	$(BIN)mypy

floors:
	$(BIN)lint-imports

test:
	$(PYTHON) -m pytest -n 2 --dist loadfile
