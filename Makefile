# The commands of this project by name. `make` lists them.

SHELL := /bin/bash
.DEFAULT_GOAL := help

PYTHON ?= python3
UV_VERSION := 0.13.9
# Relative, because the path of the checkout may have a space in it, at which make would cut it.
UV := .tools/bin/uv
# Versions come from uv.lock, uv downloads no Python, and an activated environment has no effect.
export UV_FROZEN := 1
export UV_PYTHON_DOWNLOADS := never
export UV_PYTHON := $(PYTHON)
unexport VIRTUAL_ENV
# Every demo and test starts many processes. Without compiled files each start takes three times as long.
unexport PYTHONDONTWRITEBYTECODE

RUN := $(UV) run --no-sync

.PHONY: help
help: ## List the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 20

.PHONY: demo
demo: .venv/runtime ## Let the real services hear a generated nursery; exit 0 only if the result agrees with the truth
	@$(RUN) tears demo

.PHONY: up
up: .venv/runtime $(if $(INPUT),,portaudio) ## Listen; INPUT="FILE..." plays recordings instead of a microphone
	@$(RUN) tears up $(foreach file,$(INPUT),--input $(file))

.PHONY: test
test: .venv/training test-packages ## Run all tests except those that have a target of their own
	@# Five processes on two cores, because most of the time they wait for sounds and outages to end. xdist would begin
	@# with the files that have the most tests; tests/conftest.py begins with those that take longest.
	@$(RUN) pytest --numprocesses 5 --dist loadfile --no-loadscope-reorder \
	  $(addprefix --ignore=,$(TRAINER_TESTS) $(WHOLE_TESTS)) $(PYTEST_FLAGS)

# They start everything, or need TensorFlow's own client, which takes half a minute to begin.
WHOLE_TESTS := tests/e2e tests/contract tests/monitoring

.PHONY: test-whole
test-whole: .venv/training test-packages ## Use the whole product from its command line, and the model server with TensorFlow's client (3 min)
	@$(RUN) pytest --numprocesses 4 --dist loadfile --no-loadscope-reorder \
	  $(addprefix --ignore=,$(TRAINER_TESTS)) $(WHOLE_TESTS) $(PYTEST_FLAGS)

# They train networks, and keep both cores busy.
TRAINER_TESTS := tests/unit/trainer tests/integration/trainer tests/e2e/test_own_model.py

.PHONY: test-trainer
test-trainer: .venv/training test-packages ## Run the trainer's tests (5 min)
	@$(RUN) pytest --numprocesses 2 --dist loadfile $(TRAINER_TESTS) $(PYTEST_FLAGS)

.PHONY: test-browser
test-browser: .venv/training test-packages chromium ## Use the journal's pages in Chromium as a parent does (5 min)
	@$(RUN) pytest tests/browser $(PYTEST_FLAGS)

.PHONY: test-fast
test-fast: .venv/runtime ## Run the unit tests
	@$(RUN) pytest tests/unit $(PYTEST_FLAGS)

.PHONY: images
images: engine ## Build every container image and print its size (PLATFORM=linux/arm64: for another machine)
	@BASE="$(BASE)" PLATFORM="$(PLATFORM)" containers/images

.PHONY: test-containers
test-containers: .venv/runtime engine ## Run everything in containers, break it, and check that it recovers (15 min)
	@$(RUN) pytest tests/containers $(PYTEST_FLAGS)

.PHONY: test-chaos
test-chaos: .venv/runtime ## Break a house of real processes in every way and check that nothing is lost (SEEDS=60: more; SEED=17: one)
	@CHAOS_SEEDS="$(SEEDS)" CHAOS_SEED="$(SEED)" $(RUN) pytest tests/chaos $(PYTEST_FLAGS)

.PHONY: lint
lint: .venv/training ## Check style and types, and which package imports which
	$(RUN) ruff format --check .
	$(RUN) ruff check .
	$(RUN) mypy
	$(RUN) lint-imports

.PHONY: format
format: .venv/runtime ## Format the code
	$(RUN) ruff format .
	$(RUN) ruff check --fix .

.PHONY: bench
bench: .venv/runtime ## Measure speed and memory, and compare with their limits (about 15 min; FULL=1 tries every number of rooms; BASE=release or a commit compares with that)
	@$(RUN) python -m bench $(if $(FULL),--full) $(if $(BASE),--base "$(BASE)")

.PHONY: bench-results
bench-results: .venv/runtime ## Measure everything beside the last release, and write bench/RESULTS.md (45 min)
	@$(RUN) python -m bench --full --base "$(or $(BASE),release)" --results bench/RESULTS.md

.PHONY: bench-endurance
bench-endurance: .venv/runtime ## Listen to a microphone for 30 min while Redis restarts every minute
	@$(RUN) python -m bench.endurance

# On processors without AVX-512's instructions for networks, TensorFlow switches oneDNN off. With it a training step takes
# a quarter less time there.
model model-report: export TF_ENABLE_ONEDNN_OPTS := 1

MODEL_DRAFT := .cache/training/draft/cry

.PHONY: model
model: .venv/training ## Train, measure and export the shipped model from TEARS_DATASET_DIR, one folder or several (also TEARS_YAMNET, TEARS_MN04, TEARS_CORPUS_DIR)
	@test -n "$$TEARS_DATASET_DIR" || { echo "make model: set TEARS_DATASET_DIR to a folder with manifest.csv and clips, or to several with : between them" >&2; exit 2; }
	$(RUN) python -m tears.trainer.recipe --dataset "$$TEARS_DATASET_DIR" --out $(MODEL_DRAFT)
	@# A model that is worse than the shipped one does not replace it, unless ACCEPT_REGRESSION is set.
	$(RUN) python -m tears.trainer.evaluation.report --dataset "$$TEARS_DATASET_DIR" --model $(MODEL_DRAFT) --publish models/cry/1 $(if $(ACCEPT_REGRESSION),--accept-regression)
	@# What no home may teach it to unlearn.
	$(RUN) python -m tears.trainer.teaching.guarding --dataset "$$TEARS_DATASET_DIR" --model models/cry/1

.PHONY: model-report
model-report: .venv/training ## Train without each source and each part of the recipe, and add the results to the model card (hours; RECIPE="--epochs 3" halves them)
	@test -n "$$TEARS_DATASET_DIR" || { echo "make model-report: set TEARS_DATASET_DIR to a folder with manifest.csv and clips, or to several with : between them" >&2; exit 2; }
	$(RUN) python -m tears.trainer.evaluation.report --dataset "$$TEARS_DATASET_DIR" --model models/cry/1 --variants $(if $(RECIPE),--recipe $(RECIPE))

.PHONY: corpus
corpus: .venv/training ## Collect sounds without crying from Debian's packages into TEARS_CORPUS_DIR (downloads 6 GB)
	@test -n "$$TEARS_CORPUS_DIR" || { echo "make corpus: set TEARS_CORPUS_DIR to a folder to fill" >&2; exit 2; }
	$(RUN) python -m tears.trainer.corpus --out "$$TEARS_CORPUS_DIR" $(if $(TEARS_DATASET_DIR),--dataset "$(TEARS_DATASET_DIR)")
	@if test -n "$$TEARS_YAMNET"; then $(RUN) python -m tears.trainer.corpus.yamnet_scores "$$TEARS_CORPUS_DIR"; fi

.PHONY: docs
docs: .venv/runtime ## Write docs/settings.md, docs/sensitivity.md and the table of flags, and draw docs/demo.svg
	@$(RUN) python docs/settings_table.py
	@$(RUN) python docs/sensitivity_page.py
	@$(RUN) python docs/model_server_flags.py
	@$(RUN) python k8s/components/prometheus-operator/write_rule.py
	@$(RUN) python docs/demo_picture.py

WORDING := services/alerter/src/tears/alerter/notices/wording
JOURNAL := services/journal/src/tears/journal
SHARED := libs/kit/src/tears/kit/language
EXTRACT := pybabel --quiet extract --keyword=say --keyword=say_number:1,2 --keyword=parent_words --no-location --sort-output
# The messages of these errors are for a parent, too.
JOURNAL_ERRORS := $(patsubst %,--keyword=%Error,LoginNeeded Role NotThere TooLarge TooSlow NotNow AllTaken Web Access HistoryFile ClipStore Storage Receivers RoomName Link Taught)

.PHONY: translations
translations: .venv/runtime ## Bring the translations of the alerter and the journal up to date with the sentences in their code
	@mkdir -p .cache
	@$(RUN) $(EXTRACT) --output=.cache/alerter.pot $(WORDING) $(SHARED)
	@$(RUN) $(EXTRACT) $(JOURNAL_ERRORS) --mapping=$(JOURNAL)/web/words/babel.cfg --output=.cache/journal.pot $(JOURNAL) $(SHARED)
	@for catalogue in $(WORDING)/translations/*.po $(JOURNAL)/web/words/translations/*.po; do \
		case "$$catalogue" in $(JOURNAL)/*) template=journal;; *) template=alerter;; esac; \
		$(RUN) pybabel --quiet update --no-fuzzy-matching --ignore-obsolete --ignore-pot-creation-date \
			--input-file=".cache/$$template.pot" --locale="$$(basename "$$catalogue" .po)" --output-file="$$catalogue"; \
	done

.PHONY: pictures
pictures: .venv/runtime ## Draw the pages in docs/ with Chromium, and the dashboards from a run of 7 minutes with Prometheus
	@$(RUN) python docs/journal_picture.py
	@$(RUN) python docs/dashboard_picture.py

.PHONY: lock
lock: .tools/uv ## Update the locked dependencies
	UV_FROZEN=0 $(UV) lock --upgrade

.PHONY: clean
clean: ## Delete what the other targets made
	rm -rf .venv .tools .mypy_cache .ruff_cache .pytest_cache .import_linter_cache out

# ---- What the targets above need

PYTHON_NEEDED = import sys; sys.exit(sys.version_info < (3, 11) or sys.maxsize < 2**32)

.tools/uv:
	@command -v $(PYTHON) >/dev/null || { echo "make: needs Python 3.11 or newer: sudo apt install python3 python3-venv" >&2; exit 2; }
	@$(PYTHON) -c '$(PYTHON_NEEDED)' || { echo "make: $(PYTHON) is older than 3.11, or 32-bit; Tears needs a 64-bit Python >= 3.11" >&2; exit 2; }
	@$(PYTHON) -c 'import venv, ensurepip' 2>/dev/null || { echo "make: needs Python's venv: sudo apt install python3-venv" >&2; exit 2; }
	@echo "setting up, once: uv, which fetches the packages" >&2
	@$(PYTHON) -m venv .tools
	@.tools/bin/pip install --quiet --disable-pip-version-check uv==$(UV_VERSION)
	@touch $@

LOCKED := uv.lock pyproject.toml $(wildcard */pyproject.toml */*/pyproject.toml) $(wildcard protos/tears/v1/*.proto protos/tears/tfserving/v1/*.proto)

# Fetching takes minutes on a slow line, so uv shows how far it is; without a terminal, the list of packages is left out.
sync = set -o pipefail; if [ -t 2 ]; then $(UV) sync --inexact $(1); \
  else $(UV) sync --inexact $(1) 2>&1 | { grep --line-buffered -v '^ [-+~] ' || true; } >&2; fi

# Everything that the services, the command and the linters need, without TensorFlow.
.venv/runtime: .tools/uv $(LOCKED)
	@echo "setting up, once: the packages of Tears, which takes a few minutes" >&2
	@$(call sync,--compile-bytecode $(if $(filter protos/%,$?),--reinstall-package tears-protos))
	@touch $@

# What an option of a command or a setting needs beyond that.
.PHONY: training plot rtsp
training: .venv/training ## Set up TensorFlow and what else training needs: 2 GB

plot: .venv/runtime ## Set up what ./tears predict --plot needs
	@$(call sync,--extra plot)

rtsp: .venv/runtime ## Set up what listening to a camera needs
	@$(call sync,--extra rtsp)

# Also TensorFlow, for the trainer and for the official client that the contract tests compare with.
.venv/training: .venv/runtime
	@echo "setting up, once: TensorFlow (about 2 GB on the disk)" >&2
	@$(call sync,--extra training)
	@touch $@

# Programs that the tests use: sox for gain and resampling, a sound server for microphones, Prometheus for rules and
# dashboards, Mosquitto for Home Assistant.
TEST_PACKAGES := sox pulseaudio pulseaudio-utils libasound2-plugins libportaudio2 prometheus mosquitto
HAS_MOSQUITTO := PATH="$$PATH:/usr/sbin:/usr/local/sbin" command -v mosquitto
HAS_PORTAUDIO := ls /usr/lib/*/libportaudio.so.2 /usr/lib*/libportaudio.so.2 2>/dev/null | grep -q .
HAS_ALSA_PULSE := ls /usr/lib/*/alsa-lib/libasound_module_pcm_pulse.so /usr/lib*/alsa-lib/libasound_module_pcm_pulse.so 2>/dev/null | grep -q .

.PHONY: test-packages
test-packages:
	@{ command -v sox && command -v pulseaudio && command -v paplay && command -v promtool && $(HAS_MOSQUITTO) && $(HAS_PORTAUDIO) && $(HAS_ALSA_PULSE); } >/dev/null \
	  || { test "$$(id -u)" = 0 && apt-get update -qq >/dev/null && apt-get install -y -qq --no-install-recommends $(TEST_PACKAGES) >/dev/null; } \
	  || { echo "make test: these packages are missing: sudo apt install $(TEST_PACKAGES)" >&2; exit 2; }

.PHONY: chromium
chromium:
	@command -v chromium >/dev/null \
	  || { test "$$(id -u)" = 0 && apt-get update -qq >/dev/null && apt-get install -y -qq --no-install-recommends chromium >/dev/null; } \
	  || { echo "make test-browser: Chromium is missing: sudo apt install chromium" >&2; exit 2; }

.PHONY: engine
engine:
	@containers/engine

.PHONY: portaudio
portaudio:
	@$(HAS_PORTAUDIO) || { echo "make up: needs PortAudio to listen to a microphone: sudo apt install libportaudio2" >&2; exit 2; }
