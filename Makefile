# What people run: each target first makes sure that .venv holds exactly what the lock file names.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
LOCK := requirements$(if $(GPU),-gpu).lock
READY := $(VENV)/ready-$(shell git hash-object $(LOCK) 2>/dev/null)
LAB := $(VENV)/lab-$(shell git hash-object requirements-notebooks.lock 2>/dev/null)
RUN := PATH="$(CURDIR)/$(BIN):$$PATH"
PIP := $(BIN)/python -m pip install -qq --disable-pip-version-check --no-compile --no-deps --require-hashes -r
# uv needs a sixth of pip's time, but knows nothing of how pip is configured (an index of one's own, say).
INSTALL = $(BIN)/uv pip install -q --python $(BIN)/python --no-deps --require-hashes -r $(1) \
	|| { echo "uv could not: pip installs the same"; $(PIP) $(1); }
COMPILE := $(BIN)/python -m compileall -q -j 0 -x '/tests?/' $(VENV)/lib > /dev/null 2>&1 || true

.PHONY: repro test test-slow bench mutants ui notebooks lint lock help
.DEFAULT_GOAL := help

help:
	@echo "make repro      prepare data, train, evaluate and report (GPU=1: with TensorFlow's CUDA libraries)"
	@echo "make ui         look at the runs in MLflow's UI, on this machine only"
	@echo "make notebooks  open the lessons in JupyterLab, on this machine only (once: JupyterLab is added, a minute)"
	@echo "make test       run the tests          make test-slow   those marked slow as well"
	@echo "make lint       Ruff and mypy          make lock        renew the lock files from pyproject.toml"
	@echo "make mutants    make one mistake at a time in the code and count those that no test notices (hours; SAMPLE=100: some)"
	@echo "make bench      measure this project against what one would write without it (about 20 minutes, quiet machine)"

repro: $(READY)
	@$(RUN) python -m pipeline repro

test: $(READY)
	@$(RUN) python -m pytest -m "not slow" -n 2 --dist loadfile

test-slow: $(READY)
	@$(RUN) python -m pytest

bench: $(READY)
	@for name in fit pool tracking increment workers; do $(RUN) python benchmarks/$$name.py || exit 1; done

mutants: $(READY)
	@$(RUN) python benchmarks/mutants.py --changes
	@$(RUN) python benchmarks/mutants.py $(if $(SAMPLE),--sample $(SAMPLE))

ui: $(READY)
	@$(RUN) python -m pipeline ui

# JupyterLab refuses to run as root (in a container, say) unless told to.
notebooks: $(READY) $(LAB)
	@cd notebooks && PATH="$(CURDIR)/$(BIN):$$PATH" jupyter lab --ip=127.0.0.1 $(if $(filter 0,$(shell id -u)),--allow-root)

lint: $(READY)
	@$(RUN) ruff check . && $(RUN) ruff format --check . && $(RUN) mypy

$(READY): $(LOCK)
	@$(PYTHON) -c "import sys; sys.exit(sys.version_info < (3, 11) and 'Aula needs Python 3.11 or newer, this is %d.%d: name another by make PYTHON=...' % sys.version_info[:2])"
	@echo "Setting up $(VENV) from $(LOCK) (TensorFlow and friends: once, a minute or two)"
	@rm -f $(VENV)/ready-*
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(PIP) requirements-uv.lock
	@$(call INSTALL,$(LOCK))
	@$(COMPILE)
	@touch $@

# The same versions as in $(LOCK), and JupyterLab: a lock of its own, as most people set up the project without it.
$(LAB): requirements-notebooks.lock | $(READY)
	@echo "Adding JupyterLab to $(VENV) from $< (once, about a minute)"
	@rm -f $(VENV)/lab-*
	@$(call INSTALL,$<)
	@$(COMPILE)
	@touch $@

# The result is the same for every platform.
LOCKING = $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --custom-compile-command "make lock"
lock: $(READY)
	@test -x $(BIN)/uv || $(PIP) requirements-uv.lock
	echo uv | $(LOCKING) - --output-file requirements-uv.lock
	$(LOCKING) pyproject.toml --extra test --output-file requirements.lock
	$(LOCKING) pyproject.toml --extra test --extra gpu --output-file requirements-gpu.lock
	$(LOCKING) pyproject.toml --extra test --extra notebooks --output-file requirements-notebooks.lock
