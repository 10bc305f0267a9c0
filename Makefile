# Two commands on a fresh machine with Python 3.11+ and make: `make demo` and `make test`.
# Each sets itself up in .venv, with uv where it is installed and with pip otherwise.

# The first of these that runs and is new enough; a name on the path alone proves nothing.
PYTHON ?= $(shell for python in python3 python3.14 python3.13 python3.12 python3.11; do \
	$$python -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 15))' 2>/dev/null && echo $$python && break; done)
BIN := .venv/bin
READY := .venv/.ready

.PHONY: demo test wheel-test slow bench docs clean

demo: $(READY)
	rm -rf demo-corpus
	$(BIN)/ghirbal build examples/dumps -o demo-corpus

# Coverage is counted where Python does it for next to nothing: from 3.12 on.
test: $(READY)
	$(BIN)/ruff check .
	$(BIN)/mypy
	if $(BIN)/python -c 'import sys; sys.exit(sys.version_info < (3, 12))'; then \
		export COVERAGE_CORE=sysmon; set -- --cov; \
	fi; \
	$(BIN)/pytest -n 2 --dist loadfile "$$@"

# What a user installs: the wheel with nothing but what it declares, in a fresh environment, away from this folder.
wheel-test: $(READY)
	.ci/wheel

slow: $(READY)
	HYPOTHESIS_PROFILE=long $(BIN)/pytest -m ''

bench: $(READY)
	for part in cleaning page extraction dedup crawler; do $(BIN)/python bench/$$part.py || exit 1; done
	test -z "$(PEERS)" || $(BIN)/python bench/pipeline.py --peers "$(PEERS)"

$(READY): pyproject.toml
	@test -n "$(PYTHON)" || { echo "Ghirbal needs Python 3.11 to 3.14: install one, or name it: make PYTHON=/path/to/python"; exit 1; }
	if command -v uv >/dev/null 2>&1; then \
		uv venv --quiet --allow-existing --python "$(PYTHON)" .venv && \
		uv pip install --quiet --python $(BIN)/python -e '.[test]'; \
	else \
		"$(PYTHON)" -m venv .venv && \
		$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[test]'; \
	fi
	@echo "Compiling what finds copies: about a minute, once"
	$(BIN)/python -m dedup
	touch $(READY)

docs: $(READY)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[docs]' 2>/dev/null || \
		uv pip install --quiet --python $(BIN)/python -e '.[docs]'
	$(BIN)/mkdocs build --strict

clean:
	rm -rf .venv site demo-corpus .mypy_cache .ruff_cache .pytest_cache .hypothesis .coverage*
