# What people run: each target first makes sure that .venv holds exactly what the lock file names.

# PATH, the scripts in .venv and its "activate" cannot hold these, or a shell would run what stands in the name.
define BREAK


endef
TAB := $(shell printf '\t')
HASH := \#
HARMFUL := $(foreach each,: $$ ` " \,$(findstring $(each),$(CURDIR)))
HARMFUL += $(if $(findstring $(TAB),$(CURDIR)),tab) $(if $(findstring $(BREAK),$(CURDIR)),line break)
ifneq (,$(strip $(HARMFUL)))
$(error this folder: given a name with $(strip $(HARMFUL)), allowed any without : $$ ` " \ (blanks, accents, %, $(HASH), ? and ' are welcome): rename it)
endif

VENV := .venv
BIN := $(VENV)/bin
LOCK := requirements$(if $(GPU),-gpu).lock
READY := $(VENV)/ready-$(shell git hash-object $(LOCK) 2>/dev/null)
LAB := $(VENV)/lab-$(shell git hash-object requirements-notebooks.lock 2>/dev/null)
ADDED := $(VENV)/ray-$(shell git hash-object requirements-ray.lock 2>/dev/null)
STORE := $(VENV)/store-$(shell git hash-object requirements-store.lock 2>/dev/null)
TYPST := $(VENV)/typst-$(shell git hash-object requirements-handout.lock 2>/dev/null)
RUN := PATH="$$PWD/$(BIN):$$PATH"
SET_UP := -m pipeline.operations.set_up

# TensorFlow has packages for these. Any of them will do: make PYTHON=... names one.
FITS := -c "import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))"
PYTHON ?= $(shell for each in python3 python3.13 python3.12 python3.11; do \
	"$$each" -E $(FITS) > /dev/null 2>&1 && echo "$$each" && break; done)
# Other packages than those of .venv, warnings made errors: none of it is for the programs below.
unexport PYTHONPATH PYTHONHOME PYTHONSAFEPATH PYTHONWARNINGS PYTHONOPTIMIZE PYTHONINSPECT
# Whatever the locale, files and what is printed are UTF-8.
export PYTHONUTF8 := 1

# What was left half made, was moved or has lost its Python is set up anew.
SOUND := $(shell $(BIN)/python -E $(SET_UP) sound 2>/dev/null && echo yes)

# What was said behind `make`: many shells have a LANGUAGE of their own, which is not meant.
told = $(if $(filter command,$(firstword $(origin $(1)))),$($(1)))
CHOSEN = $(or $(call told,TOPIC),memory)

.PHONY: anew repro try test test-slow bench bench-gpu mutants ui notebooks handout ray store lint lock help help-en help-es
.DEFAULT_GOAL := help

# As the program decides it: what params.yaml says, else the environment.
SPOKEN := $(firstword $(shell sed -n "s/^language: *[\"']\{0,1\}\(e[ns]\).*/\1/p" params.yaml 2>/dev/null) \
	$(AULA_LANGUAGE) $(LC_ALL) $(LC_MESSAGES) $(LANG))

help: help-$(if $(filter es%,$(SPOKEN)),es,en)

help-en:
	@echo "make repro      prepare data, train, evaluate and report (GPU=1: with TensorFlow's CUDA libraries)"
	@echo "make ui         look at the runs in MLflow's UI, on this machine only"
	@echo "make try        one topic from nothing to its page, in two or three minutes (TOPIC=memory)"
	@echo "make handout    print a topic on two pages for a class (TOPIC=memory LANGUAGE=es; once: Typst is added)"
	@echo "make notebooks  open the lessons in JupyterLab, on this machine only (once: JupyterLab is added, a minute)"
	@echo "make ray        add Ray, to train on several machines: docs/cluster.md (once, half a minute)"
	@echo "make store      once, for a team's store in s3://, gs:// or ssh://, and for DVC's remotes there"
	@echo "make test       run the tests          make test-slow   those marked slow as well"
	@echo "make lint       Ruff and mypy          make lock        renew the lock files from pyproject.toml"
	@echo "make mutants    make one mistake at a time in the code and count those that no test notices (hours; SAMPLE=100: some)"
	@echo "make bench      measure this project against what one would write without it (about 20 minutes, quiet machine)"
	@echo "make bench-gpu  measure runs on a GPU: alone, sharing it, and by hand (GPU=1; 8 minutes at most)"

help-es:
	@echo "make repro      prepara los datos, entrena, evalúa y escribe el informe (GPU=1: con las bibliotecas CUDA de TensorFlow)"
	@echo "make ui         los entrenamientos en la interfaz de MLflow, solo en esta máquina"
	@echo "make try        un tema desde el principio hasta su página, en dos o tres minutos (TOPIC=memory)"
	@echo "make handout    imprime un tema en dos páginas para clase (TOPIC=memory LANGUAGE=es; una vez: se añade Typst)"
	@echo "make notebooks  abre las lecciones en JupyterLab, solo en esta máquina (una vez: se añade JupyterLab, un minuto)"
	@echo "make ray        añade Ray, para entrenar en varias máquinas: docs/es/cluster.md (una vez, medio minuto)"
	@echo "make store      una vez, para un almacén de equipo en s3://, gs:// o ssh://, y para los remotos de DVC ahí"
	@echo "make test       ejecuta las pruebas       make test-slow  también las marcadas como lentas"
	@echo "make lint       Ruff y mypy               make lock       renueva los ficheros de versiones desde pyproject.toml"
	@echo "make mutants    comete un error cada vez en el código y cuenta los que ninguna prueba nota (horas; SAMPLE=100: algunos)"
	@echo "make bench      compara este proyecto con lo que se escribiría sin él (unos 20 minutos, máquina tranquila)"
	@echo "make bench-gpu  mide entrenamientos en una GPU: solos, compartiéndola y a mano (GPU=1; 8 minutos como mucho)"

repro: $(READY)
	@$(RUN) python -m pipeline repro

try: $(READY)
	@$(RUN) python -m pipeline demo "$(CHOSEN)"

test: $(READY)
	@$(RUN) python -m pytest -m "not slow" -n 2 --dist loadfile --no-loadscope-reorder

test-slow: $(READY)
	@$(RUN) python -m pytest

bench: $(READY)
	@for name in fit pool tracking increment workers; do $(RUN) python benchmarks/$$name.py || exit 1; done

bench-gpu: $(READY)
	@$(RUN) python benchmarks/gpu.py $(WORDS)

mutants: $(READY)
	@$(RUN) python benchmarks/mutants.py --changes
	@$(RUN) python benchmarks/mutants.py $(if $(SAMPLE),--sample $(SAMPLE))

ui: $(READY)
	@$(RUN) python -m pipeline ui

# JupyterLab refuses to run as root (in a container, say) unless told to.
notebooks: $(READY) $(LAB)
	@export $(RUN) && cd notebooks && jupyter lab --ip=127.0.0.1 $(if $(filter 0,$(shell id -u)),--allow-root)

ray: $(READY) $(ADDED)
store: $(READY) $(STORE)
handout: $(READY) $(TYPST)
	@$(RUN) python -m pipeline handout "$(CHOSEN)" $(if $(call told,LANGUAGE),--language "$(LANGUAGE)") $(if $(call told,OUT),--out "$(OUT)")

lint: $(READY)
	@$(RUN) ruff check . && $(RUN) ruff format --check . && $(RUN) mypy

$(READY): $(LOCK) $(if $(SOUND),,anew)
	@"$(PYTHON)" -E $(FITS) 2> /dev/null || { echo "Python: given $(or $(PYTHON),python3), $$("$(or $(PYTHON),python3)" --version 2>&1), allowed 3.11, 3.12 or 3.13: install one (sudo apt install python3 python3-venv) and name it by make PYTHON=..." >&2; exit 2; }
	@"$(PYTHON)" $(SET_UP) $(LOCK) $@

anew:

# The same versions as in $(LOCK), and JupyterLab: a lock of its own, as most people set up the project without it.
$(LAB): requirements-notebooks.lock | $(READY)
	@$(BIN)/python $(SET_UP) $< $@

# The same versions as in requirements.lock, and Ray: no stage of `train` depends on this lock.
$(ADDED): requirements-ray.lock | $(READY)
	@$(BIN)/python $(SET_UP) $< $@

$(STORE): requirements-store.lock | $(READY)
	@$(BIN)/python $(SET_UP) $< $@

# Typst comes with nothing else.
$(TYPST): requirements-handout.lock | $(READY)
	@$(BIN)/python $(SET_UP) $< $@

# The result is the same for every platform.
LOCKING = $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --custom-compile-command "make lock"
lock: $(READY)
	echo uv | $(LOCKING) - --output-file requirements-uv.lock
	echo 'typst==0.15.*' | $(LOCKING) - --output-file requirements-handout.lock
	$(LOCKING) pyproject.toml --extra test --output-file requirements.lock
	$(LOCKING) pyproject.toml --extra test --extra gpu --output-file requirements-gpu.lock
	$(LOCKING) pyproject.toml --extra test --extra notebooks --output-file requirements-notebooks.lock
	$(LOCKING) pyproject.toml --extra test --extra ray --output-file requirements-ray.lock
	$(LOCKING) pyproject.toml --extra test --extra store --output-file requirements-store.lock
	$(LOCKING) server/requirements.in --output-file server/requirements.lock
