# The two commands of the README:  make demo  and  make test.
# Both set up what is missing in .dev/ (a virtual environment of the project's own).

PYTHON ?= python3
DEV := .dev
BIN := $(DEV)/bin

.PHONY: demo test clean

demo: $(DEV)/.run
	@$(BIN)/torchenv apply examples/cpu.toml

test: $(DEV)/.test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/pytest -n 2

$(DEV)/.run: pyproject.toml
	@echo "Setting up $(DEV)/ (once)"
	@$(PYTHON) -m venv $(DEV)
	@$(BIN)/python -m pip install --quiet --upgrade "pip>=25.1"
	@$(BIN)/python -m pip install --quiet --editable .
	@touch $@

$(DEV)/.test: $(DEV)/.run
	@$(BIN)/python -m pip install --quiet --group dev
	@touch $@

clean:
	rm -rf $(DEV) .mypy_cache .pytest_cache .ruff_cache
