# Each target sets up all it needs in .venv. Without make, README has the same commands.
PYTHON ?= python3
BIN := .venv/bin

.PHONY: report test test-of-properties test-of-stories test-of-pages test-of-drawings lab bench clean

.venv/ready: requirements.lock
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	touch .venv/ready

.venv/ready-to-test: .venv/ready requirements-test.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-test.lock
	touch .venv/ready-to-test

report: .venv/ready
	$(BIN)/python -m journeys report 2_one_family --data sample -p family=F0003
	$(BIN)/python -m journeys report 4_system_review --data sample

test: .venv/ready-to-test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(MAKE) --no-print-directory --jobs=2 test-of-properties test-of-stories test-of-pages test-of-drawings

# Two at a time, on two cores: only one of them builds reports, which hold a folder's lock.
test-of-properties:
	$(BIN)/python -m pytest tests/properties lib journeys

test-of-stories:
	$(BIN)/python -m pytest tests/stories tests/formats

test-of-pages:
	$(BIN)/python -m pytest tests/command tests/docs tests/page tests/runs
	$(BIN)/python -m pytest --nbval-lax notebooks

test-of-drawings:
	$(BIN)/python -m pytest tests/draw tests/golden tests/sample

lab: .venv/ready
	$(BIN)/python -m journeys lab

bench: .venv/ready-to-test
	$(BIN)/python tests/bench/run.py

clean:
	rm -rf .venv data/*/.store reports/2* reports/failed reports/index.html
