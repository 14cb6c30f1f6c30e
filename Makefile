# make pong   train and evaluate on Pong, from nothing
# make test   tests, lint, types
# make venv   the environment alone, from constraints.txt; EXTRAS=view,browser tests the page, too
PYTHON ?= python3
VENV ?= .venv
EXTRAS ?= view
BIN := $(VENV)/bin
READY := $(VENV)/.ready-$(EXTRAS)
PONG := runs/dsrl-pong-s0

.PHONY: venv test pong

venv: $(READY)

$(READY): constraints.txt pyproject.toml
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable '.[dev,video,$(EXTRAS)]'
	touch $@

test: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/python -m pytest --numprocesses auto --maxprocesses 4 --dist loadfile

pong: $(READY)
	$(BIN)/dsrl train --game pong --seed 0 --agent-steps 50000 $(if $(wildcard $(PONG)),--resume)
	$(BIN)/dsrl evaluate $(PONG) --episodes 30 --seed 1000
	$(BIN)/dsrl inspect $(PONG)
