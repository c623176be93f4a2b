# make demo    builds .venv and opens the page at http://127.0.0.1:7860
# make check   the same environment plus tools; then style, types, import layers and the fast tests, in a minute or so
# make test    that environment plus Chromium and the backbone, then all tests

PYTHON  ?= python3
HOST    ?= 127.0.0.1
PORT    ?= 7860
WORKERS ?= 2
VENV    := .venv
RUN     := $(VENV)/bin/python

# A file's tests stay in one process, so that what they share is made once.
PYTEST := $(RUN) -m pytest -n $(WORKERS) --dist loadfile
FAST   := not slow and not browser and not backbone and not realdata

# Stamps carry the checksum of the pins: an unchanged lock installs nothing and asks no network, whatever git does to file times.
RUNTIME  := $(VENV)/.installed-$(shell cksum < requirements.lock | tr ' ' '-')
DEV      := $(VENV)/.installed-dev-$(shell cat requirements.lock requirements-dev.lock | cksum | tr ' ' '-')
BACKBONE := $(VENV)/.backbone-asked

.PHONY: demo check lint types fast test backbone chromium lock clean

demo: $(RUNTIME) $(BACKBONE)
	@echo "Starting the page ..."
	@$(RUN) app.py --host $(HOST) --port $(PORT)

# Side by side: the type checker has a core of its own while the last tests run.
check: $(DEV)
	@$(MAKE) --no-print-directory -j 3 lint types fast

lint: $(DEV)
	@$(RUN) -m ruff check --quiet
	@$(RUN) -m ruff format --check --quiet

types: $(DEV)
	@$(RUN) -m mypy

fast: $(DEV)
	@$(PYTEST) -m "$(FAST)"

test: $(DEV) chromium backbone
	@$(PYTEST) --durations=25

# The page starts without the backbone, so a failure here is one sentence and no more. Asked once; `make backbone` asks again.
$(BACKBONE): | $(RUNTIME)
	@$(RUN) -m molar fetch-backbone || echo "The page starts all the same; only encoding something new needs the backbone (make backbone asks again)."
	@touch $@

backbone: $(RUNTIME)
	@$(RUN) -m molar fetch-backbone

$(RUNTIME): | $(RUN)
	@$(RUN) -m pip install -qq --disable-pip-version-check -r requirements.lock
	@touch $@

$(DEV): $(RUNTIME)
	@$(RUN) -m pip install -qq --disable-pip-version-check -r requirements.lock -r requirements-dev.lock
	@touch $@

$(RUN):
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "error: $(PYTHON) is missing or older than Python 3.11; name a newer one: make PYTHON=python3.12 demo" >&2; exit 2; }
	@echo "Building $(VENV): about a minute on a fast line, several on a slow one (PyTorch is large)."
	@$(PYTHON) -m venv $(VENV) || \
	  { rm -rf $(VENV); echo "error: no virtual environment could be built; on Debian, install the package python3-venv" >&2; exit 2; }

chromium:
	@command -v chromium >/dev/null || command -v chromium-browser >/dev/null || command -v google-chrome >/dev/null || \
	if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	  apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends chromium >/dev/null; \
	else \
	  echo "error: the browser tests need Chromium; install the package 'chromium' of your system (or Google Chrome), then run make test again" >&2; exit 2; \
	fi

# For maintainers: write the pins again from what .venv holds now.
lock: $(DEV)
	@$(RUN) scripts/lock.py

clean:
	rm -rf $(VENV)
