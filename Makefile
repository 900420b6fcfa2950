# Two commands do all the set-up: `make demo` runs the main job, `make test` passes the tests.
PYTHON ?= python3
ifeq ($(OS),Windows_NT)
BIN := .venv/Scripts
else
BIN := .venv/bin
endif
READY := .venv/.ready

.PHONY: demo test chaos simulate mutants agreement bench lint types wheel clean help

help:
	@echo "make demo    watch a whole campaign run against the sandbox"
	@echo "make test    run the tests"
	@echo "make chaos   break the promise at random, for minutes        make bench   what it costs, beside others"
	@echo "make simulate    live through a thousand histories, or SEEDS=100000, in a simulated world"
	@echo "make mutants     take the protective lines out one by one, and see whether anybody notices"
	@echo "make agreement   read ten million numbers twice, by smsframe and by libphonenumber one by one"
	@echo "make lint    ruff: format and lint        make types   mypy, strict"
	@echo "make wheel   build the wheel              make clean   remove what was made"

$(READY): pyproject.toml requirements.lock
	@$(PYTHON) -c "import sys; sys.exit('smsframe needs Python 3.11 or newer; this is ' + sys.version.split()[0] + '. Try: make PYTHON=python3.12 ...' if sys.version_info < (3, 11) else 0)"
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@echo "Installing into .venv (a minute or two, the first time only) ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -c requirements.lock -e ".[dev]"
	@touch $(READY)

demo: $(READY)
	@$(BIN)/smsframe demo

test: $(READY)
	$(BIN)/python -m pytest -n auto $(TESTS)

chaos: $(READY)
	cd tests && ../$(BIN)/python -m searches.chaos $(CHAOS)

SEEDS ?= 1000
simulate: $(READY)
	cd tests && ../$(BIN)/python -m simulation --seeds $(SEEDS) $(SIMULATE)

mutants: $(READY)
	cd tests && ../$(BIN)/python -m simulation.mutants $(MUTANTS)

agreement: $(READY)
	cd tests && ../$(BIN)/python -m searches.agreement $(AGREEMENT)

bench: .venv/.bench
	$(BIN)/python -m benchmarks $(BENCH)

# What only the benchmarks need: the neighbours they compare with.
.venv/.bench: $(READY)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -c requirements.lock -e ".[bench]"
	@touch $@

lint: $(READY)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .

types: $(READY)
	$(BIN)/mypy
	$(BIN)/mypy tests/typed_user.py
	$(BIN)/mypy benchmarks

wheel: $(READY)
	rm -rf dist
	$(BIN)/python -m build --wheel --outdir dist .

clean:
	rm -rf .venv dist build .pytest_cache .mypy_cache .ruff_cache results.csv
