PYTHON ?= python3
BIN := .venv/bin
CODE := evidence_ledger cli server tests benchmarks docs

.PHONY: demo test lint test-long fuzz bench wheel lock

demo: .venv/ready
	EVIDENCE="$(CURDIR)/$(BIN)/evidence" demo/run.sh

test: .venv/ready
	$(BIN)/pytest -q -n auto -m "not long"

lint: .venv/ready
	$(BIN)/ruff check $(CODE)
	$(BIN)/ruff format --check $(CODE)
	$(BIN)/mypy
	$(BIN)/lint-imports

test-long: .venv/ready
	$(BIN)/pytest -q -n auto -m long

SECONDS ?= 20
fuzz: .venv/ready
	for name in $$($(BIN)/python -m tests.fuzz.run all 2> /dev/null); do \
	    $(BIN)/python -m tests.fuzz.run $$name $(SECONDS) build/fuzz || exit 1; done

bench: .venv/ready
	for file in benchmarks/*.py; do $(BIN)/python $$file || exit 1; done

lock: .venv/ready
	$(BIN)/pip install --quiet uv
	$(BIN)/uv pip compile pyproject.toml --universal --python-version 3.11 --generate-hashes \
	    --group dev --extra server --extra postgresql --extra pkcs11 --no-header --quiet --output-file requirements/dev.lock

wheel: .venv/ready
	rm -rf dist && $(BIN)/python -m build --no-isolation --wheel
	.ci/wheel dist/*.whl

.venv/ready: requirements/dev.lock pyproject.toml
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --require-hashes -r requirements/dev.lock
	$(BIN)/pip install --quiet --no-deps --no-build-isolation -e .
	touch $@
