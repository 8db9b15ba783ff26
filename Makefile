# `make demo` shows what wxtrace does, `make test` and `make check` are what CI runs.
# Needed: Python 3.11 or later, make, and a package index.

PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
WORKERS ?= 2
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check

.PHONY: demo scenarios hangs jobs test check contrib format clean

demo: $(VENV)/.demo ## WeChat's pushes, an alarm, the lookup (ARGS="--contrib", "--sdk", "--seed 7")
	$(BIN)/wxtrace demo $(ARGS)

scenarios: $(VENV)/.demo ## Every case of a verdict truly produced, and looked up (ARGS="--only crashed --seed 7")
	$(BIN)/python -m scenarios $(ARGS)

hangs: $(VENV)/.dev ## Ways to hang truly produced, and looked up meanwhile (ARGS="--only lock")
	$(BIN)/python -m scenarios --hang $(ARGS)

jobs: $(VENV)/.dev ## A thousand jobs over each broker, workers killed, each push looked up (ARGS="--broker nats --jobs 100")
	$(BIN)/python -m scenarios.jobs $(ARGS)

test: $(VENV)/.dev ## All tests, file by file in WORKERS processes (ARGS="-k journal")
	$(BIN)/python -m pytest -rs -n $(WORKERS) --dist loadfile $(ARGS)

check: $(VENV)/.dev ## Style, types, docstrings
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy src examples scenarios notebooks
	$(BIN)/interrogate --quiet src tests examples scenarios notebooks

contrib: $(VENV)/.dev ## Contrib's own tests on the light provider (SUITES=a folder of their sdists, unpacked)
	$(BIN)/python tests/contrib/run_suites.py $(SUITES)

format: $(VENV)/.dev
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

clean:
	rm -rf $(VENV) build dist wxtrace-demo .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# The stamp files say what is installed; a changed pyproject.toml installs again.
$(VENV)/.demo: pyproject.toml | $(VENV)/bin/python
	$(PIP) --editable ".[demo]"
	touch $@

$(VENV)/.dev: pyproject.toml | $(VENV)/bin/python
	$(PIP) --editable ".[dev]"
	$(PIP) --no-deps arq logfire logfire-sdk # what else these ask for does not fit together; it is tested as it is
	touch $@ $(VENV)/.demo

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or later is needed: make PYTHON=python3.11")'
	$(PYTHON) -m venv $(VENV)
	$(PIP) --upgrade pip # that of Python 3.11 takes ten minutes to find versions that fit together
