# Everything written here lies below .work/, which git ignores. Needed: make and Python 3.11 or newer.
#   make demo                    make test PYTHON=python3.13                    make test ARGS="-k excel"

PYTHON ?= python3
WORK   := .work
VENV   := $(WORK)/venv
READY  := $(WORK)/venv.ready
LOCKED := $(WORK)/venv.locked
LOCK   := requirements/dev.txt
BENCH_LOCK := requirements/bench.txt
UV     := 0.13.9
CATALOGUES := $(wildcard connector/confirma_connector/locale/*/LC_MESSAGES/*.po)

BENCH_VENV  := $(WORK)/bench-venv
BENCH_READY := $(WORK)/bench-venv.ready

WHEEL_VENV  := $(WORK)/wheel-venv
WHEEL_READY := $(WORK)/wheel-venv.ready
WHEEL_CHECK := $(WORK)/wheel-check

ifeq ($(OS),Windows_NT)
  BIN := $(VENV)/Scripts
  BENCH_BIN := $(BENCH_VENV)/Scripts
  WHEEL_BIN := $(WHEEL_VENV)/Scripts
else
  BIN := $(VENV)/bin
  BENCH_BIN := $(BENCH_VENV)/bin
  WHEEL_BIN := $(WHEEL_VENV)/bin
endif

PIP_CACHE_DIR ?= $(CURDIR)/$(WORK)/pip-cache
PYTHONPYCACHEPREFIX := $(CURDIR)/$(WORK)/pycache
HYPOTHESIS_STORAGE_DIRECTORY := $(CURDIR)/$(WORK)/hypothesis
export PIP_CACHE_DIR PYTHONPYCACHEPREFIX HYPOTHESIS_STORAGE_DIRECTORY
export PIP_DISABLE_PIP_VERSION_CHECK := 1
export PIP_NO_INPUT := 1

PIP_INSTALL := -m pip install --quiet --no-compile
PYTEST      := -q -n auto --maxprocesses=4 $(ARGS)

.PHONY: help demo test soak fuzz bench lint format types imports docs docs-update messages public-api wheel check-wheel lock clean

help:  ## this list
	@echo "make ..."
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  %-12s %s\n", $$1, $$2 }' Makefile

demo: $(READY)  ## from a file to delivered invoices, in the built-in sandbox
	$(BIN)/python samples/demo.py $(WORK)/demo

test: $(READY)  ## the tests, against this checkout
	$(BIN)/pytest $(PYTEST)

soak: $(READY)  ## a thousand runs killed in the middle and run again (about 20 minutes); ARGS="--kills 100 --seed 7 --other"
	$(BIN)/python tests/soak.py $(ARGS)

fuzz: $(READY)  ## thousands of broken files and answers (10 minutes); ARGS="--minutes 5 --seed 7 --only excel"
	$(BIN)/python tests/fuzz.py $(ARGS)

bench: $(READY) $(BENCH_READY)  ## this program beside others (half an hour); writes docs/performance.md; ARGS="--quick", "--only send"
	$(BIN)/python -m bench --others $(BENCH_BIN)/python $(ARGS)

lint: $(READY)  ## style, and the layout of the code
	$(BIN)/ruff check
	$(BIN)/ruff format --check

format: $(READY)  ## let ruff put style and layout right
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

types: $(READY)  ## mypy --strict
	$(BIN)/mypy

imports: $(READY)  ## imports go only downwards
	$(BIN)/lint-imports --no-logo --cache-dir $(WORK)/import_linter

docs: $(READY)  ## links, generated output, and commands in the documents
	$(BIN)/python tools/check_docs.py

docs-update: $(READY)  ## write the generated output into the documents anew
	$(BIN)/python tools/check_docs.py --update

messages: $(READY)  ## what the code says into the catalogues (locale/*/LC_MESSAGES/*.po), for the translator
	$(BIN)/python tools/messages.py

public-api: $(READY)  ## the listing of what is public anew (tests/data/public-api.txt); say in CHANGELOG.md what changed
	$(BIN)/python tests/public_api.py --write

wheel: $(READY)  ## wheel and source archive, in .work/dist
	rm -rf $(WORK)/dist
	$(BIN)/pyproject-build --no-isolation --outdir $(WORK)/dist > $(WORK)/build.log || { cat $(WORK)/build.log; exit 1; }
	@ls $(WORK)/dist

check-wheel: wheel $(WHEEL_READY)  ## the tests once more (but for the thorough ones): against the wheel, with the sources out of the way
	$(WHEEL_BIN)/python $(PIP_INSTALL) --no-deps --force-reinstall $(WORK)/dist/*.whl
	$(WHEEL_BIN)/python -m pip check
	rm -rf $(WHEEL_CHECK) $(WORK)/sdist
	mkdir -p $(WHEEL_CHECK) $(WORK)/sdist
	tar -xzf $(WORK)/dist/*.tar.gz -C $(WORK)/sdist
	mv $(addprefix $(WORK)/sdist/*/,tests samples docs pyproject.toml) $(WHEEL_CHECK)
	cd $(WHEEL_CHECK) && ../../$(WHEEL_BIN)/python -I -c 'import confirma_connector as c, pathlib, sys; \
	    folder = pathlib.Path(c.__file__).parent; print(folder); sys.exit(sys.prefix not in c.__file__)' > where
	@echo "The tests run against $$(cat $(WHEEL_CHECK)/where)"
	diff -r -x __pycache__ adapters "$$(cat $(WHEEL_CHECK)/where)/_bundled/adapters"
	diff -r -x __pycache__ mappings "$$(cat $(WHEEL_CHECK)/where)/_bundled/mappings"
	cd $(WHEEL_CHECK) && ../../$(WHEEL_BIN)/pytest $(PYTEST) -m "not thorough"

lock:  ## pin the requirements anew; newest versions: make lock UPGRADE=--upgrade
	@$(NEW_ENOUGH)
	$(PYTHON) -m venv $(WORK)/lock-venv
	$(WORK)/lock-venv/bin/python $(PIP_INSTALL) uv==$(UV)
	@cp $(LOCK) $(WORK)/lock.txt
	$(WORK)/lock-venv/bin/uv pip compile pyproject.toml --all-extras --group dev --universal --python-version 3.11 \
	    --generate-hashes --no-emit-index-url --no-header --quiet $(UPGRADE) --output-file $(WORK)/lock.txt
	@{ echo '# Made by "make lock" from pyproject.toml: all extras and the group dev. Not edited by hand.'; \
	    grep -v '^# Made by' $(WORK)/lock.txt; } > $(LOCK)
	@cp $(BENCH_LOCK) $(WORK)/bench-lock.txt
	$(WORK)/lock-venv/bin/uv pip compile --group bench --universal --python-version 3.11 \
	    --generate-hashes --no-emit-index-url --no-header --quiet $(UPGRADE) --output-file $(WORK)/bench-lock.txt
	@{ echo '# Made by "make lock" from pyproject.toml: the group bench alone. Not edited by hand.'; \
	    grep -v '^# Made by' $(WORK)/bench-lock.txt; } > $(BENCH_LOCK)

clean:  ## remove everything that make wrote
	rm -rf $(WORK)

# -- the environments; a stamp says that one is complete ----------------------------------------------------------------

NEW_ENOUGH = $(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
	echo "This needs Python 3.11 or newer, and $(PYTHON) is not. Name one: make $(MAKECMDGOALS) PYTHON=python3.12"; exit 1; }

$(READY): $(LOCKED) pyproject.toml hatch_build.py $(CATALOGUES)
	@$(BIN)/python $(PIP_INSTALL) --no-deps --no-build-isolation -e .
	@touch $(READY)

$(LOCKED): $(LOCK)
	@$(NEW_ENOUGH)
	@echo "Installing the locked requirements into $(VENV): about a minute, once."
	@rm -rf $(VENV)
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/python $(PIP_INSTALL) --no-deps --require-hashes -r $(LOCK)
	@touch $(LOCKED)

$(WHEEL_READY): $(LOCK)
	@$(NEW_ENOUGH)
	@echo "Installing the locked requirements into $(WHEEL_VENV)."
	@rm -rf $(WHEEL_VENV)
	@$(PYTHON) -m venv $(WHEEL_VENV)
	@$(WHEEL_BIN)/python $(PIP_INSTALL) --no-deps --require-hashes -r $(LOCK)
	@touch $(WHEEL_READY)

$(BENCH_READY): $(BENCH_LOCK)
	@$(NEW_ENOUGH)
	@echo "Installing what we are measured beside into $(BENCH_VENV)."
	@rm -rf $(BENCH_VENV)
	@$(PYTHON) -m venv $(BENCH_VENV)
	@$(BENCH_BIN)/python $(PIP_INSTALL) --no-deps --require-hashes -r $(BENCH_LOCK)
	@touch $(BENCH_READY)
