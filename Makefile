# The two commands of the README:  make demo  and  make test.
# Both set up what is missing in .dev/ (a virtual environment of the project's own).

PYTHON ?= python3
DEV := .dev
BIN := $(DEV)/bin

.PHONY: demo test check reference clean

demo: $(DEV)/demo-spec
	@$(BIN)/torchenv apply "$$(cat $(DEV)/demo-spec)"

test: check
	$(BIN)/pytest -n 2

check: $(DEV)/.test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

# Files made from the code: schemas, reference pages, and the compiled compat data.
reference: $(DEV)/.test
	$(BIN)/python -m provisioner.compat.compile
	$(BIN)/python -m provisioner.diagnosis.long_forms
	$(BIN)/python -m provisioner.spec.schema
	$(BIN)/python -m provisioner.cli._reference

$(DEV)/demo-spec: examples/cpu.toml $(DEV)/.run
	@$(BIN)/python examples/choose_python.py examples/cpu.toml $@

$(DEV)/.run: pyproject.toml
	@echo "Setting up $(DEV)/ (once)"
	@$(PYTHON) -m venv $(DEV)
	@$(BIN)/python -m pip install -qq --upgrade "pip>=25.1"
	@$(BIN)/python -m pip install -qq --editable .
	@touch $@

$(DEV)/.test: $(DEV)/.run
	@$(BIN)/python -m pip install -qq --group dev
	@touch $@

clean:
	rm -rf $(DEV) .mypy_cache .pytest_cache .ruff_cache .hypothesis .import_linter_cache
