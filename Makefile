# `make` lists the targets. Everything runs from .venv, which `make install` creates.
.DEFAULT_GOAL := help
.PHONY: help install install-dev demo up test clients lint format bench bench-conversion requirements clean

FILES ?=
SAMPLES = $(wildcard samples/*.jpg samples/*.png samples/*.gif)
BIN = .venv/bin

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

install: ## install the missing system libraries, redis-server and .venv
	@sh scripts/install.sh

install-dev: ## install, and also the development tools
	@sh scripts/install.sh dev

demo: install ## start everything, convert FILES="a.jpg b.png" (default: samples/), show the result
	@$(BIN)/imagejobs demo $(if $(FILES),$(FILES),$(SAMPLES))

up: install ## start everything on this machine and keep it running
	@$(BIN)/imagejobs up

test: install-dev ## run lint, types and the quick tests in tox; FULL=1 runs everything
	@$(BIN)/tox -qq $(if $(FULL),-e full) # prints only the output of its commands; fails if an environment fails

clients: install-dev ## generate clients in four languages, compile and use them (needs node, go, java and mvn)
	@$(BIN)/tox -qq -e clients

lint: install-dev ## check style, spelling, types, import rules and the contract (redocly and spectral if npm is installed)
	@$(BIN)/tox -qq -e lint,types,contract-lint

format: install-dev ## format the code
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: install-dev ## measure throughput and latency
	$(BIN)/python -m benchmarks

bench-conversion: install-dev ## compare the conversion with Wand, Pillow, libvips, sharp and the codecs alone (SHARP_DIR: folder with npm's sharp)
	$(BIN)/python -m benchmarks.conversion

COMPILE = $(BIN)/uv pip compile -q --no-strip-extras --generate-hashes --universal --python-version 3.11 --no-header --no-emit-find-links
requirements: install-dev ## pin the newest versions that pyproject.toml allows
	$(COMPILE) --upgrade pyproject.toml --group dev --group build --extra embedded -o requirements/dev.txt
	$(COMPILE) pyproject.toml --extra embedded -c requirements/dev.txt -o requirements/runtime.txt
	$(COMPILE) --group build -c requirements/dev.txt -o requirements/build.txt

clean: ## remove .venv, caches and the local data directory .imagejobs
	rm -rf .venv .tox .imagejobs dist htmlcov .coverage* .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
