# Two commands on a fresh machine with Python 3.11+ and make: `make demo` and `make test`.
# Each sets itself up in .venv, with uv where it is installed and with pip otherwise.

PYTHON ?= $(shell command -v python3.13 || command -v python3.12 || command -v python3.11 || command -v python3)
BIN := .venv/bin
STAMP := .venv/.ready

.PHONY: demo test slow bench clean

demo: $(STAMP)
	rm -rf demo-corpus
	$(BIN)/ghirbal build examples/dumps -o demo-corpus

test: $(STAMP)
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/pytest

slow: $(STAMP)
	$(BIN)/pytest -m slow

$(STAMP): pyproject.toml
	if command -v uv >/dev/null 2>&1; then \
		uv venv --quiet --allow-existing --python "$(PYTHON)" .venv && \
		uv pip install --quiet --python $(BIN)/python -e '.[test]'; \
	else \
		"$(PYTHON)" -m venv .venv && \
		$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[test]'; \
	fi
	touch $(STAMP)

clean:
	rm -rf .venv demo-corpus .mypy_cache .ruff_cache .pytest_cache
