# Everything installs into .venv/ in the checkout; the versions come from requirements.lock.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
PIP    := $(BIN)/python -m pip --disable-pip-version-check
RUN    := $(VENV)/.run
DEV    := $(VENV)/.dev
# Processes that run the tests; 0: this one alone.
TESTERS ?= 0

.PHONY: train-reader demo serve test test-gpu check format bench bench-full bench-gpu drill drill-long drill-mutations fuzz lock clean train-tolerance train-strokes train-symbols

demo: $(RUN)          ## remove an object from a photograph with real models; results in out/
	$(BIN)/rung demo --out out

serve: $(RUN)         ## the console and the API on http://127.0.0.1:8000
	$(BIN)/rung weights pull
	$(BIN)/rung serve

test: $(DEV)          ## every test that needs no GPU; TESTERS=2 runs them in two processes
	$(BIN)/rung weights pull
	$(BIN)/rung weights pull yolo11n-seg  # copyleft: only when it is named, for the tests that run it
	$(BIN)/python -m pytest -m "not gpu" -n $(TESTERS) --dist loadfile --no-loadscope-reorder

test-gpu: $(DEV)
	$(BIN)/rung weights pull
	$(BIN)/python -m pytest -m gpu

check: $(DEV)         ## format, lint, types, import rows
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: $(DEV)
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

bench: $(DEV)         ## the quick benchmarks; writes docs/benchmarks.md
	$(PIP) install -q -c requirements.lock -e '.[bench]'
	$(BIN)/rung weights pull
	$(BIN)/rung weights pull yolo11n-seg
	$(BIN)/python bench/run.py

bench-full: bench     ## and those that need other servers beside ours
	$(BIN)/python bench/overhead.py
	$(BIN)/python bench/footprint.py
	$(BIN)/python bench/restart.py
	$(BIN)/python bench/soak.py
	$(BIN)/python bench/furniture.py
	$(BIN)/python bench/drawings.py
	$(BIN)/python bench/strokes.py
	$(BIN)/python bench/run.py --page

bench-gpu: $(DEV)     ## those that need a GPU; each says so where there is none
	$(BIN)/python bench/gpu_swap.py
	$(BIN)/python bench/gpu_strategies.py

drill: $(DEV)         ## faults on the real server: what is promised is counted, in a few minutes
	$(BIN)/python -m drills

drill-long: $(DEV)    ## the same with all rounds; writes docs/reliability.md
	$(BIN)/python -m drills --long --json drills/results/long.json --page docs/reliability.md

drill-mutations: $(DEV)  ## each drill has to fail when one line of ours is changed
	$(BIN)/python -m drills --mutate

fuzz: $(DEV)          ## ten thousand requests made up from the API's own description
	RUNG_FUZZ=10000 $(BIN)/python -m pytest tests/fuzz

train-reader: $(DEV)  ## our reader again, from its seed: some 50 minutes of one core that computes in bfloat16
	$(BIN)/python scripts/train_reader.py --half

train-tolerance: $(DEV)  ## the tolerance surrogate: simulations, trees, record (some 25 minutes of one core)
	$(PIP) install -q -c requirements.lock -e '.[trees]'
	nice $(BIN)/python scripts/train_tolerance.py

train-strokes: $(DEV) ## both nets that classify a drawing's strokes, on generated drawings; on one thread
	$(BIN)/python scripts/train_strokes.py paper
	$(BIN)/python scripts/train_strokes.py ours

train-symbols: $(DEV) ## the small net that tells signs on drawings apart, on generated drawings; on one thread
	nice $(BIN)/python scripts/train_symbols.py

lock:                 ## the versions of a fresh environment become requirements.lock
	scripts/lock

clean:
	rm -rf $(VENV) out build

$(BIN)/python:
	$(PYTHON) -m venv $(VENV)

$(RUN): $(BIN)/python pyproject.toml requirements.lock
	$(PIP) install -q -c requirements.lock -e '.[cpu]'
	touch $@

# torch is asked for by itself first, so that pip's own choice of build for this machine is taken.
$(DEV): $(BIN)/python pyproject.toml requirements.lock
	$(PIP) install -q -c requirements.lock torch==2.13.0
	$(PIP) install -q -c requirements.lock -e '.[dev,quant,diffusion]'
	touch $@ $(RUN)
