# Two commands do all the set-up: `make demo` installs what the main job needs, and runs it; `make test` adds what
# the tests need to the same .venv, and passes them.
PYTHON ?= python3
ifeq ($(OS),Windows_NT)
BIN := .venv/Scripts
else
BIN := .venv/bin
endif
READY := .venv/.ready
DEV := .venv/.dev
# Modules are compiled when they are first imported, which most of them never are.
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check --no-compile -c requirements.lock

.PHONY: demo test test-all chaos simulate mutants agreement bench docs pictures lint types wheel release-check clean help

help:
	@echo "make demo    watch a whole campaign run against the sandbox"
	@echo "make test    run the tests: five minutes        make test-all    also what takes seconds each, notebooks, browsers, searches"
	@echo "make chaos   break the promise at random, for minutes; JOURNAL=postgres, or ENGINE=dask over Dask"
	@echo "make bench   what it costs, beside others"
	@echo "make simulate    live through a thousand histories, or SEEDS=100000, in a simulated world"
	@echo "make mutants     take the protective lines out one by one, and see whether anybody notices"
	@echo "make agreement   read ten million numbers twice, by smsframe and by libphonenumber one by one"
	@echo "make docs    the documentation as a site: docs/_build/html/index.html"
	@echo "make pictures    the form, as docs/ shows it, by a browser"
	@echo "make lint    ruff: format and lint        make types   mypy, strict"
	@echo "make wheel   build the wheel              make clean   remove what was made"
	@echo "make release-check TAG=v1.2.3    does a release agree with itself, and work alone?"

$(READY): pyproject.toml requirements.lock
	@$(PYTHON) -c "import sys; sys.exit('smsframe needs Python 3.11 or newer; this is ' + sys.version.split()[0] + '. Try: make PYTHON=python3.12 ...' if sys.version_info < (3, 11) else 0)"
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@echo "Installing into .venv (up to a minute, the first time only) ..."
	@$(PIP) -e ".[sandbox]"
	@touch $@

# What only the tests need: pytest, JupyterLab, mypy, a driver for browsers ...
$(DEV): $(READY)
	@echo "Installing what the tests need into .venv (a minute or two, the first time only) ..."
	@$(PIP) -e ".[dev]"
	@touch $@

demo: $(READY)
	@$(BIN)/smsframe demo

# Three tests at once on two cores: some wait for others' answers and processes.
WORKERS = $(shell $(BIN)/python -c "import os; print(3 * (os.cpu_count() or 1) // 2)")
test: $(DEV)
	$(BIN)/python -m pytest -n $(WORKERS) --dist worksteal -m "not long and not slow and not notebook and not browser" $(TESTS)

test-all: $(DEV)
	$(BIN)/python -m pytest -n auto --dist worksteal $(TESTS)

JOURNAL ?= sqlite
ENGINE ?= processes
chaos: $(DEV)
	cd tests && ../$(BIN)/python -m searches.chaos --journal $(JOURNAL) --engine $(ENGINE) $(CHAOS)

SEEDS ?= 1000
simulate: $(DEV)
	cd tests && ../$(BIN)/python -m simulation --seeds $(SEEDS) $(SIMULATE)

mutants: $(DEV)
	cd tests && ../$(BIN)/python -m simulation.mutants $(MUTANTS)

agreement: $(DEV)
	cd tests && ../$(BIN)/python -m searches.agreement $(AGREEMENT)

bench: .venv/.bench
	$(BIN)/python -m benchmarks $(BENCH)

# What only the benchmarks need: the neighbours they compare with.
.venv/.bench: $(DEV)
	@$(PIP) -e ".[bench]"
	@touch $@

# Two processes: one waits for the kernels that execute the pages.
docs: .venv/.docs
	$(BIN)/python -m sphinx -q -E -n -W --keep-going -j 2 docs docs/_build/html
	SMSFRAME_SITE=docs/_build/html $(BIN)/python -m pytest -q tests/integration/test_site.py

# What only the site needs: Sphinx, and what executes its pages.
.venv/.docs: $(DEV)
	@$(PIP) -e ".[docs]"
	@touch $@

# docs/form.png and docs/form-dark.png, of the form in a real JupyterLab; needs a Chromium.
pictures: $(DEV)
	$(BIN)/python -m pytest tests/browser -k pictures
	cp tests/screenshots/form.png tests/screenshots/form-dark.png docs/

lint: $(DEV)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .

types: $(DEV)
	$(BIN)/mypy
	$(BIN)/mypy tests/typed_user.py
	$(BIN)/mypy benchmarks

wheel: $(DEV)
	rm -rf dist
	$(BIN)/python -m build --wheel --outdir dist .

# Fails when changelog, version, citation and tag disagree, or the wheel does not work alone.
release-check: wheel
	$(BIN)/python .ci/release.py $(TAG)
	rm -rf dist/alone && $(PYTHON) -m venv dist/alone
	dist/alone/bin/pip install --quiet --disable-pip-version-check "$$(echo dist/*.whl)[sandbox]"
	cd dist/alone && bin/smsframe demo && test -s results.csv

clean:
	rm -rf .venv dist build docs/_build docs/notebooks docs/reference/generated .pytest_cache .mypy_cache .ruff_cache results.csv
