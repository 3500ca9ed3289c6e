# Everything a newcomer needs: `make run` and `make test`. Each installs what it needs into .venv first.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
DEMO ?= demo
ITEMS ?= 20000
SEED ?= 1
DAYS ?= 30
CORE_TESTS := $(wildcard tests/core/test_oracle_cases*.py tests/core/*/test_*.py) \
	$(addprefix tests/core/test_, router_cases.py corners.py person_fold.py touches_and_hours.py \
	worlds_uncompiled.py)

.DEFAULT_GOAL := help
.PHONY: help install run warm test test-all coverage mutants lint types format bench ui wheel schemas docs clean

help: ## show this help
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-10s %s\n", $$1, $$2}'

install: $(STAMP) ## install the package and its tools into .venv

$(STAMP): pyproject.toml constraints.txt
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or later is needed: make PYTHON=python3.12 ...")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[ui,postgres,dev]'
	@touch $@

run: $(STAMP) ## route a demo project, written again: ITEMS=20000 SEED=1 DAYS=30
	rm -rf $(DEMO)
	$(BIN)/rr-pipeline init $(DEMO) --demo --items $(ITEMS) --seed $(SEED) --days $(DAYS)
	$(BIN)/rr-pipeline check --project $(DEMO)
	$(BIN)/rr-pipeline run --project $(DEMO)

# Two test processes would both compile the kernels at first; so one does, and keeps them for all.
warm: $(STAMP)
	$(BIN)/python -c 'import rr_pipeline.core.kernel.fold, rr_pipeline.core.person_fold, rr_pipeline.ingest.scan, rr_pipeline.ingest.json_scan'

test: $(STAMP) lint types warm ## lint, type-check and run the fast tests
	$(BIN)/python -m pytest -n 2 --dist worksteal -m 'not slow' -q --timeout 300

# Compiled code does not look where it writes unless it is asked to: in the long suite it is.
test-all: $(STAMP) lint types warm ## the fast tests and the long ones, properties on new examples
	RR_NEW_EXAMPLES=1 NUMBA_BOUNDSCHECK=1 $(BIN)/python -m pytest -n 2 --dist worksteal -q tests/core
	RR_NEW_EXAMPLES=1 $(BIN)/python -m pytest -n 2 --dist worksteal -q tests --ignore tests/core

# The kernel's rules, line for line and branch for branch, as plain Python: compiled code cannot be measured.
coverage: $(STAMP) ## branch coverage of rr_pipeline/core, uncompiled; fails below 100 %
	NUMBA_DISABLE_JIT=1 $(BIN)/python -m pytest -q -m 'not slow' $(CORE_TESTS) \
		--deselect tests/core/test_router_cases.py::test_an_impossible_skill_is_cheap_to_hold \
		-k 'not uncompiled_kernels' --cov=rr_pipeline.core --cov-branch --cov-report=term-missing:skip-covered --cov-fail-under=100

mutants: $(STAMP) ## small faults put in one by one, in core, pipeline and SQL: which does no test notice? (an hour)
	@test -f .mutants/map.json || nice -n 15 $(BIN)/python -m tests.tools.mutant_map
	nice -n 15 $(BIN)/python -m tests.tools.mutants

lint: $(STAMP) ## ruff
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(STAMP) ## strict type check
	$(BIN)/mypy

format: $(STAMP) ## put the code in shape
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: $(STAMP) ## 1M items end to end next to a floor, 1M of one pool, and what runs of ten rows cost
	$(BIN)/python -m benchmarks
	$(BIN)/python -m benchmarks.small_runs

ui: $(STAMP) ## the Dagster asset graph of the demo project, on http://localhost:3000
	@test -d $(DEMO) || $(MAKE) run
	mkdir -p .dagster_home && cp -n dagster.yaml .dagster_home/ 2>/dev/null || true
	RR_PROJECT=$(abspath $(DEMO)) DAGSTER_HOME=$(abspath .dagster_home) $(BIN)/dagster dev -w workspace.yaml

wheel: $(STAMP) ## build a wheel into dist/
	$(BIN)/python -m build --wheel --outdir dist .

schemas: $(STAMP) ## write the JSON Schema files of the config again
	$(BIN)/rr-pipeline schemas docs/schemas

docs: $(STAMP) ## write again what docs/ says of tables, canonical columns and steps
	$(BIN)/python -m rr_pipeline.warehouse.contract docs/tables.md
	$(BIN)/python -m rr_pipeline.config.column_list docs/configuration.md
	$(BIN)/python -m rr_pipeline.views.plan_page docs/architecture.md

clean: ## remove what was built, not the environment
	rm -rf $(DEMO) dist build .pytest_cache .mypy_cache .ruff_cache .mutants .hypothesis .coverage htmlcov .dagster_home
