# Two commands do all: `make run` opens the planner, `make test` proves it. Both set up what is missing.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
DISPLAYED := $(if $(DISPLAY)$(WAYLAND_DISPLAY)$(filter Darwin,$(shell uname -s)),yes)

# Modules compiled once: without, each process of a test run compiles the planner anew.
export PYTHONDONTWRITEBYTECODE :=

.PHONY: run demo test test-long torture lint format docs scripts pins audit licenses bench peers screenshots layers dist deb lock platforms clean

run: $(VENV)/kernel.stamp
ifeq ($(DISPLAYED),yes)
	@PYTHON=$(PYTHON) sh .ci/packages desktop
	$(BIN)/python main.py
else
	@echo "There is no display here, so no window can open; running the demo into out/ instead."
	@rm -rf out
	$(BIN)/python main.py demo --to out/
endif

# Three processes for two cores: there is always one that waits for a disk, a server or a browser.
# Files keep their order: sorted by their number of tests, the stories of one long test come last and
# one process waits for the other.
test: $(VENV)/test.stamp
	QT_QPA_PLATFORM=offscreen $(BIN)/python -m pytest -q -n 3 --dist loadfile --no-loadscope-reorder

# Its result, with day and commit, is left in docs/test-long.md.
test-long: $(VENV)/test.stamp
	@PYTHON=$(PYTHON) sh .ci/packages desktop test test-long
	QT_QPA_PLATFORM=offscreen $(BIN)/python -m pytest -q -m long -p long_record

# A disk that fails at every n-th operation; its result is left in docs/torture.md.
torture: $(VENV)/test.stamp
	$(BIN)/python tests/torture/sweep.py --record docs/torture.md

lint: $(VENV)/test.stamp
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: $(VENV)/test.stamp
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

# The docs site, with tutorial and recipes run on the bundled district; a link that leads nowhere fails.
docs: $(VENV)/docs.stamp
	PYTHONPATH=. $(BIN)/python docs/site/build.py build/site

# What runs on GitHub, Windows and macOS alone, by its linters.
scripts: $(VENV)/test.stamp
	@PYTHON=$(PYTHON) sh .ci/packages test-long
	PYTHON=$(BIN)/python sh packaging/lint_scripts.sh

# Known weaknesses of the packages that constraints.txt pins, by PyPI; where it answers for projects
# alone, those of the pins that are the newest version.
audit: $(VENV)/run.stamp
	$(BIN)/python -m pip install -q --disable-pip-version-check pip-audit
	$(BIN)/python -m pip_audit --strict --no-deps --disable-pip -r constraints.txt || \
	    $(BIN)/python packaging/audit.py constraints.txt

# The parts of others that go out with the planner; a page of the handbook, which About leads to.
licenses: $(VENV)/run.stamp
	$(BIN)/python packaging/license_texts.py > resources/handbook/licenses.md

bench: $(VENV)/test.stamp
	@for file in tests/bench/bench_*.py; do echo "== $$file"; QT_QPA_PLATFORM=offscreen $(BIN)/python $$file || exit 1; done

# The other programs that the benchmarks stand beside; without them their rows say so.
peers: $(VENV)/test.stamp
	$(BIN)/python -m pip install -q --disable-pip-version-check -c constraints.txt -e '.[bench]'

screenshots: $(VENV)/run.stamp
	QT_QPA_PLATFORM=offscreen $(BIN)/python resources/scripts/screenshots.py
	$(BIN)/python resources/scripts/contact_sheets.py
	$(BIN)/python resources/scripts/contact_sheets.py --dialogs --state ordinary --size 1280x720 --size "1280x720 at 1.5"

# The bundled layers, made anew from the figures beside this checkout.
layers: $(VENV)/run.stamp
	$(BIN)/python gis_data/build.py --facts ../shared/facts

# A wheel that carries its data, and a folder with a program that needs no Python; both in dist/.
dist: $(VENV)/dist.stamp
	rm -rf build dist
	$(BIN)/python -m pip wheel -q --disable-pip-version-check --no-deps -w dist .
	$(BIN)/python -m PyInstaller --noconfirm --log-level WARN packaging/zoneplanner.spec
	$(BIN)/python packaging/license_texts.py dist/zoneplanner
	@du -sh dist/*

# The Debian package of that folder; the scripts for Windows and macOS lie beside its own.
deb: dist
	sh packaging/linux/make_deb.sh

# What stands in dist/, stated: its bytes, the commit, the parts; GitHub's release.yml signs the like.
provenance: $(VENV)/run.stamp
	$(BIN)/python packaging/provenance.py $(wildcard dist/*.whl dist/*.deb) > dist/provenance.intoto.json

# Newer versions of all pins, for every system and Python that is served; then whether all still holds.
pins: $(VENV)/uv.stamp
	$(BIN)/uv pip compile -q --universal --python-version 3.11 --no-header --no-annotate --all-extras \
	    --upgrade pyproject.toml -o constraints.txt
	$(MAKE) lock
	$(MAKE) test lint licenses

# What pip may install, with the hash of each file on every platform.
lock: $(VENV)/uv.stamp
	$(BIN)/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-header --no-annotate \
	    -c constraints.txt pyproject.toml -o packaging/requirements.lock

# Which systems and Pythons have a wheel of every part.
platforms: $(VENV)/uv.stamp
	sh packaging/platforms.sh $(BIN)/uv

$(VENV)/uv.stamp: $(VENV)/run.stamp
	@$(BIN)/python -m pip install -q --disable-pip-version-check uv
	@touch $@

$(VENV)/dist.stamp: $(VENV)/run.stamp
	@PYTHON=$(PYTHON) sh .ci/packages desktop dist
	@$(BIN)/python -m pip install -q --disable-pip-version-check -c constraints.txt -e '.[dist]'
	@touch $@

$(VENV)/docs.stamp: $(VENV)/run.stamp
	@$(BIN)/python -m pip install -q --disable-pip-version-check -c constraints.txt -e '.[docs]'
	@touch $@

$(VENV)/run.stamp: pyproject.toml constraints.txt
	@PYTHON=$(PYTHON) sh .ci/packages run
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or newer is needed; set PYTHON=python3.12 or the like." >&2; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "Installing the planner's packages into $(VENV)"
	@$(BIN)/python -m pip install -q --disable-pip-version-check -c constraints.txt -e .
	@$(BIN)/python -m compileall -q zoneplanner
	@touch $@

# The search's inner loops, in C; without a compiler they are Python's.
$(VENV)/kernel.stamp: zoneplanner/analysis/districting/kernel/kernel.c $(VENV)/run.stamp
	@$(BIN)/python packaging/compile_kernel.py
	@touch $@

$(VENV)/test.stamp: $(VENV)/kernel.stamp
	@$(BIN)/python -m pip install -q --disable-pip-version-check -c constraints.txt -e '.[test]'
	@touch $@

clean:
	rm -rf $(VENV) out build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis
