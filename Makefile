# Everything a newcomer needs: `make run` publishes a world map and serves it, `make test` runs the tests.
SHELL := /bin/bash
PYTHON := .venv/bin/python
STAMP := .venv/.geopub-setup
PROFILE ?= default
ARGS ?=
# In which a catalogue is used: what runs with either database.
CATALOGUE_TESTS := $(addprefix tests/, backend/catalogue backend/api backend/access backend/notifications backend/test_settings.py \
	live/test_crash.py live/test_interruption.py live/test_messages.py live/test_resumption.py sdk)

# QGIS wants a screen even where nothing is drawn on one.
export QT_QPA_PLATFORM ?= offscreen
export PYTHONDONTWRITEBYTECODE ?= 1

.PHONY: help setup run test test-slow test-postgresql test-qgis lint security format bench bench-ingest bench-serving bench-tiles bench-wms compare-styles bench-wfs bench-qgis screenshots viewer package install qgis i18n clean

help: ## Show what can be made
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

setup: $(STAMP) ## Install what is missing, then .venv (costs nothing when done)

$(STAMP): pyproject.toml setup.py tools/setup.sh
	tools/setup.sh
	@touch $@

run: $(STAMP) ## Publish QGIS's world map, or ARGS="my.gpkg …", and serve it until Ctrl-C
	@$(PYTHON) tools/run.py $(ARGS)

test: $(STAMP) ## Run the tests; ARGS="-k name" chooses
	$(PYTHON) tools/test.py $(ARGS)

test-slow: $(STAMP) ## Run the slow tests too
	$(PYTHON) -m pytest $(ARGS)

test-postgresql: $(STAMP) ## Run the tests of whatever keeps a catalogue, with PostgreSQL instead of SQLite
	GEOPUB_TEST_CATALOGUE=postgresql $(PYTHON) -m pytest -m "not slow" $(CATALOGUE_TESTS) $(ARGS)

test-qgis: ## Run the plugin's tests in QGIS=3.40 or 3.44, in a chroot that is made once (root); ARGS chooses
	tools/test_qgis.sh $(QGIS) $(ARGS)

lint: $(STAMP) ## Check style, formatting, QGIS rules and security
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .
	.venv/bin/flake8 geopub_plugin
	$(PYTHON) tools/security.py

security: $(STAMP) ## Look for what plugins.qgis.org refuses: bandit, detect-secrets; ARGS=--vendored
	$(PYTHON) tools/security.py $(ARGS)

format: $(STAMP) ## Format the code
	.venv/bin/ruff check --fix .
	.venv/bin/ruff format .

bench: $(STAMP) ## Run the benchmarks
	$(PYTHON) tools/bench.py $(ARGS)

bench-ingest: $(STAMP) ## Measure the way from upload to GENERATED against ogr2ogr; ARGS="--count 500000 --runs 3"
	$(PYTHON) benchmarks/ingest.py $(ARGS)

bench-serving: $(STAMP) ## Measure what one backend serves; ARGS="--clients 8 --seconds 5"
	$(PYTHON) benchmarks/serving.py $(ARGS)

bench-wms: $(STAMP) ## Measure maps against QGIS Server and MapServer; ARGS="--sizes 256 --share 0.3"
	$(PYTHON) benchmarks/wms.py $(ARGS)

compare-styles: $(STAMP) ## Draw styles with QGIS, the WMS and MapLibre into build/styles/index.html; ARGS="my.qml …"
	$(PYTHON) -m tests.looks $(ARGS)

bench-tiles: $(STAMP) ## Measure tiles against tippecanoe and GDAL; ARGS="--sets NAME --runs 1"
	$(PYTHON) benchmarks/tiles.py $(ARGS)

bench-qgis: $(STAMP) ## Measure from the right-click in QGIS to the tiles drawn; ARGS="--runs 1"
	$(PYTHON) benchmarks/qgis_desktop.py $(ARGS)

bench-wfs: $(STAMP) ## Measure features against QGIS Server and MapServer; ARGS="--count 20000 --runs 1"
	$(PYTHON) benchmarks/wfs.py $(ARGS)

i18n: $(STAMP) ## Bring i18n/*.ts up to date and say which texts have no translation
	$(PYTHON) tools/i18n.py

screenshots: $(STAMP) ## Make the pictures of the user guide in QGIS under Xvfb, in both languages (ten minutes); ARGS=--keep-only
	$(PYTHON) tools/screenshots.py $(ARGS)

viewer: $(STAMP) ## Fetch the map library of the web viewer (npm), for a checkout
	$(PYTHON) tools/viewer.py

package: $(STAMP) ## Make dist/geopub-<version>.zip for QGIS
	$(PYTHON) tools/package.py

install: package ## Install the plugin into the QGIS profile PROFILE (default: default)
	$(PYTHON) tools/install.py --profile "$(PROFILE)"

qgis: package ## Start QGIS with the plugin, in a profile of its own under build/
	$(PYTHON) tools/install.py --profiles-path build/qgis --profile geopub --enable
	env -u QT_QPA_PLATFORM qgis --profiles-path build/qgis --profile geopub $(ARGS)

clean: ## Remove what was made, .venv included
	rm -rf build dist vendor .venv geopub.egg-info .pytest_cache .ruff_cache
