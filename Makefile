# Two words to remember: `make check` and `make test`. Each target sets up what it needs first.

VENV = .venv
READY = $(VENV)/.ready
DEV = $(VENV)/.ready-dev

.PHONY: all play test check soak soak-quick soak-arm matrix release docs reference pictures clean

all: check test

# Plays the models and cabinets that come with rig; with neither a JACK server nor a sound card it renders rig-demo.wav.
play: $(READY)
	@sh .ci/setup libraries || :
	@$(VENV)/bin/rig play --else-render rig-demo.wav --overwrite --open-page

test: $(DEV)
	@sh .ci/setup libraries server
	@sh .ci/setup browser optional
	@sh .ci/setup shells
	@sh .ci/test $(VENV)/bin/python

check: $(DEV)
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/mypy --strict rig

soak: $(DEV)
	@sh .ci/setup libraries server
	@sh .ci/setup browser
	$(VENV)/bin/python -m pytest -m soak

# The hour of tests/engine/test_hour.py in five minutes.
soak-quick: $(DEV)
	@sh .ci/setup libraries server
	RIG_SOAK_MINUTES=5 $(VENV)/bin/python -m pytest -s -m soak tests/engine/test_hour.py

# Kernels and formats for aarch64, compiled and executed here: in an emulator, and in a Debian for arm64 under qemu. Hours.
# ARGUMENTS="--part kernels" runs a part of it; --help tells the rest.
soak-arm: $(DEV)
	@sh .ci/setup arm
	@$(VENV)/bin/python .ci/arm.py $(ARGUMENTS)

# The tests in every Python from 3.11 on that is found here, with the oldest and the newest versions of what rig needs.
# What is not found is reported as not run. ARGUMENTS="--share tests/cli" runs a part of them; --help tells the rest.
matrix:
	@sh .ci/setup libraries server
	@python=$$(sh .ci/setup interpreter) && exec "$$python" .ci/matrix.py $(ARGUMENTS)

# Checks everything, builds wheel and source archive twice, tries the wheel in an empty environment, and writes both with
# release notes to dist/VERSION. Uploads nothing. ARGUMENTS=--rehearse goes on where a check fails.
release: $(DEV)
	@sh .ci/setup libraries server
	@$(VENV)/bin/python .ci/release.py $(ARGUMENTS)

# The site of docs/, in site/. A dead link, a page outside the tree or a stale reference page is an error.
docs: $(DEV)
	$(VENV)/bin/python docs/generate.py --check
	$(VENV)/bin/python -m sphinx --fail-on-warning --keep-going -q -d site/.doctrees docs site

# The pages of docs/reference that come from the code.
reference: $(DEV)
	$(VENV)/bin/python docs/generate.py

# The pictures of docs/images, from real runs.
pictures: $(DEV)
	@sh .ci/setup libraries server
	@sh .ci/setup browser
	$(VENV)/bin/python docs/pictures/make_pictures.py

clean:
	rm -rf $(VENV) .arm dist site .pytest_cache .mypy_cache .ruff_cache .hypothesis rig-demo.wav
	find rig tests models irs -name __pycache__ -type d -prune -exec rm -rf {} +

$(READY): pyproject.toml .ci/setup
	@sh .ci/setup python $(VENV)
	@touch $@

$(DEV): pyproject.toml .ci/setup
	@sh .ci/setup python $(VENV) dev
	@touch $@ $(READY)
