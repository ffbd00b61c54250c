# make run    start Tickcast         make demo   fill it with real candles and forecast
# make test   lint, types, arrows, tests (what CI runs)       make bench  measure
# make demo-fx  a server of its own, fed and traded by a virtual MetaTrader
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# The system's certificates, as pip takes them: a company's proxy brings its own.
export UV_SYSTEM_CERTS := 1
# Python keeps what it has compiled: ten processes would each do it anew, at every start.
export PYTHONDONTWRITEBYTECODE :=
COMPILE := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --no-header --no-annotate

# HOST, PORT and DATA_DIR may be given on the command line: make run PORT=8123
# HOST only there, because some shells have one of their own in the environment.
NAMES := $(if $(filter command,$(origin HOST)),HOST) PORT DATA_DIR
$(foreach name,$(NAMES),$(if $($(name)),$(eval export TICKCAST_$(name) := $($(name)))))

.PHONY: run demo demo-fx test tests test-clocks lint format types bench campaign soak audit lock clean screenshots
.DEFAULT_GOAL := run

run: $(VENV)/.installed
	@exec $(BIN)/python -m operate.run

demo: $(VENV)/.installed
	@exec $(BIN)/python -m client.demo $(DEMO)

# A server of its own with three made-up markets of a broker, and a robot that trades their signals.
demo-fx: $(VENV)/.installed
	@exec $(BIN)/python -m operate.commands.demo_fx $(if $(PORT),--port $(PORT)) $(DEMO)

# Types and arrows are checked while servers start and stop. Files come in order, so that whole
# servers are first and what is short is last; tests/shared_servers.py says what stays together,
# and why three processes run on two cores. Tests that call make are no part of these jobs.
test: format
	@$(MAKE) --no-print-directory --jobs 2 types tests

tests: $(VENV)/.installed-dev
	MAKEFLAGS= $(BIN)/python -m pytest -n 3 --dist loadfile --no-loadscope-reorder

# What deals with time, at six turns: Sunday night, ends of a month and a year, a leap day, changes
# of the clock; with INSTANTS=all at 24 instants, hours of a week and the weekend among them.
test-clocks: $(VENV)/.installed-dev
	$(BIN)/python -m pytest -n 2 --dist loadfile -m "clock and not slow" --instants $(or $(INSTANTS),turns)

lint: format types

format: $(VENV)/.installed-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(VENV)/.installed-dev
	nice $(BIN)/mypy
	nice $(BIN)/lint-imports

# pyarrow is a peer of one bench only: apart, because pandas would import it everywhere.
bench: $(VENV)/.installed-dev
	@$(BIN)/uv pip install --quiet --no-deps --target $(VENV)/peers pyarrow
	@PYTHONPATH=$(VENV)/peers $(BIN)/python -m bench $(BENCH)

# All that is too long for every day: kills and floods of a live server, noise; CAMPAIGN_SEED and CAMPAIGN_TRADES vary it.
campaign: $(VENV)/.installed-dev
	$(BIN)/python -m pytest -m slow -s --timeout 1200

# What grows an hour, of a server under live trades; SOAK_MINUTES=5 runs for less.
soak: $(VENV)/.installed-dev
	@$(BIN)/python -m tests.campaign.soak $(SOAK_MINUTES)

# Licences of all that runs; fails on AGPL.
audit: $(VENV)/.installed
	@$(BIN)/python -m operate.licences requirements.lock

# Pictures of the dashboard into build/screenshots; CANDLES=file.csv.gz shows other candles.
screenshots: $(VENV)/.installed-dev
	$(BIN)/python -m tests.e2e.dashboard.screenshots

# Resolve the pins anew; what is already locked stays unless it must move.
lock: $(VENV)/.uv
	$(COMPILE) --extra ml --extra demo setup.cfg -o requirements.lock
	$(COMPILE) --extra ml --extra demo --extra dev -c requirements.lock setup.cfg -o requirements-dev.lock

$(VENV)/.uv: requirements-uv.lock
	@$(PYTHON) -c 'import sys; sys.exit("Tickcast needs Python 3.11 or newer: make PYTHON=python3.11 ..." if sys.version_info < (3, 11) else 0)'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r $<
	@touch $@

$(VENV)/.installed: requirements.lock setup.cfg pyproject.toml | $(VENV)/.uv
	$(BIN)/uv pip install --quiet --compile-bytecode --require-hashes -r requirements.lock
	$(BIN)/uv pip install --quiet --no-deps --editable .
	@touch $@

$(VENV)/.installed-dev: requirements-dev.lock $(VENV)/.installed
	$(BIN)/uv pip install --quiet --compile-bytecode --require-hashes -r requirements-dev.lock
	@touch $@

clean:
	rm -rf $(VENV) build *.egg-info .mypy_cache .pytest_cache .ruff_cache
