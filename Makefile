# make repro   everything from raw data to the table of metrics
# make gallery every other recipe, in a project of its own under gallery/
# make test    the quick tests
# make test-real DATA=folder  real corpora, a folder each, from `seqpipe init --data` to metrics
# make lint    style and types
# make bench   seqpipe beside its peers, some minutes; with more peers: JOEYNMT=…/bin/python DATA=…/multi30k DECODERS=…/bin/python (bench/README.md)
# Each makes .venv first if it is not there. PYTHON=python3.12 chooses the interpreter, TORCH_INDEX=cpu the small torch.
PYTHON ?= python3
BIN := .venv/bin
READY := .venv/.ready
INDEX := $(if $(TORCH_INDEX),--extra-index-url https://download.pytorch.org/whl/$(TORCH_INDEX))

# DVC stages call `python`: it must be the one in .venv.
export PATH := $(abspath $(BIN)):$(PATH)
export PIP_DISABLE_PIP_VERSION_CHECK := 1

.PHONY: repro gallery test test-real lint bench

repro: $(READY)
	$(BIN)/dvc repro
	$(BIN)/python -m seqpipe results

# The recipes that are not in params.yaml, as a user would set them up.
RECIPES := $(filter-out translate speech forecast,$(patsubst stages/%.yaml,%,$(wildcard stages/*.yaml)))

gallery: $(READY)
	@test -d gallery || $(BIN)/python -m seqpipe init gallery --recipe $(firstword $(RECIPES))
	@cd gallery && for name in $(RECIPES); do test -e stages/$$name.py || python -m seqpipe add $$name || exit; done
	cd gallery && dvc repro && python -m seqpipe results

test: $(READY)
	$(BIN)/python -m pytest -m "not slow" -n auto

test-real: $(READY)
	@test -d "$(DATA)" || { echo "Name the folder of your corpora: make test-real DATA=../data" >&2; exit 1; }
	DATA="$(DATA)" $(BIN)/python -m pytest -m real tests/test_real.py

lint: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

bench: $(READY)
	$(BIN)/python bench/birnn.py
	$(BIN)/python bench/cells.py
	$(BIN)/python bench/training.py
	$(if $(JOEYNMT),$(BIN)/python bench/translation.py --joeynmt $(JOEYNMT) --data $(DATA))
	$(if $(JOEYNMT),$(BIN)/python bench/beam.py --joeynmt $(JOEYNMT) --data $(DATA))
	$(if $(DECODERS),$(BIN)/python bench/ctc_beam.py --peers $(DECODERS))

$(READY): pyproject.toml constraints.txt
	@test -x $(BIN)/python || $(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] < (3, 14))' 2>/dev/null || \
		{ echo "seqpipe needs Python 3.11, 3.12 or 3.13, but '$(PYTHON)' is not; try for example: make PYTHON=python3.11 $(MAKECMDGOALS)" >&2; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv || \
		{ rm -rf .venv; echo "'$(PYTHON)' cannot make a virtual environment; on Debian and Ubuntu install python3-venv." >&2; exit 1; }
	@echo "Installing seqpipe and what it needs into .venv (a few minutes the first time)"
	@$(BIN)/python -m pip install --quiet --no-compile --use-pep517 --constraint constraints.txt $(INDEX) --editable '.[test,recipes]'
	@touch $@
