# TimescaleDB Tools. Type `make` for the list of targets.
#
# Variables (make TARGET NAME=value), all optional:
#   ENGINE      start: docker, local or embedded; without it the first that works here
#   UNTIL SCALE sample: UNTIL=now ends the data now, SCALE=4 makes four weeks of it
#   OUTPUT      backup, explore: a directory; chart: a file .svg .html .xlsx .png .pdf .csv
#   BACKUP_DIR  verify, restore, drill: the backup (drill: without it the latest); explore, chart: read it instead of the database
#   AT          restore: a moment of received WAL, 2025-07-04T15:29:59Z or latest
#   METRIC WINDOW   chart: temperature, health, power or several with commas; 1h, 24h, 7d, …
#   ARGS        more options for the tool, as one types them: make chart METRIC=health ARGS="--by category"
#   START_AT KEEP REMOTE ON_DONE   nightly: the time (02:15), backups that stay (7), a copy by rclone, whom to tell: bin/nightly
#   TIMESCALEDB_IMAGE   start: the database's image, timescale/timescaledb:latest-pg17
#   TOOLS       host runs the tools on this machine, docker in their container; without it docker when it works
#   EXTRA_CA    image: a PEM file with your company's certificate authority; more of this kind: bin/tools
# Connection: PGHOST PGPORT PGUSER PGPASSWORD PGDATABASE, else .env, else the playground.

# What a variable holds is handed on through the environment and never becomes part of a command, so nothing in it is run:
# this line takes each NAME=value of the command line as plain text, and .SHELLFLAGS keeps * in it from naming files.
$(foreach name,$(.VARIABLES),$(if $(filter command,$(firstword $(origin $(name)))),$(eval override $(name) := $$(value $(name)))$(eval export $(name))))
.SHELLFLAGS := -fc

.DEFAULT_GOAL := help
.PHONY: help start stop restart status logs psql sample example explore chart backup protect unprotect nightly nightly-off list verify restore accidents start-restored drill demo test check bench doctor image standalone clean

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-15s %s\n", $$1, $$2 }' Makefile

# ---- The playground's database: bin/engine

start: ## start a database: docker, else a local PostgreSQL, else embedded  (ENGINE=local)
	@bin/engine start

stop: ## stop it; the data stays
	@bin/engine stop

restart: ## stop and start
	@bin/engine restart

status: ## what runs, where, how big; the newest backup and its drill
	@bin/engine status || [ $$? -eq 11 ]
	@bin/tools --if-ready backup.java list --newest

logs: ## the end of the database's log
	@bin/engine logs

psql: ## an SQL prompt
	@bin/engine psql

# ---- The tools: bin/tools runs a script, and each line gives it the variables that are set

sample: ## load the sample data  (UNTIL=now SCALE=4)
	@bin/tools example/sample.java $${UNTIL:+--until "$$UNTIL"} $${SCALE:+--scale "$$SCALE"} $$ARGS

example: ## run the classic queries on the sample
	@bin/tools example/queries.java $$ARGS

explore: ## document the database and judge its health: Markdown, HTML, JSON  (OUTPUT=reports)
	@bin/tools $${BACKUP_DIR:+--in "$$BACKUP_DIR"} explore.java $${OUTPUT:+-o "$$OUTPUT"} $$ARGS

chart: ## draw a metric  (METRIC=power WINDOW=7d OUTPUT=charts/p.svg)
	@bin/tools $${BACKUP_DIR:+--in "$$BACKUP_DIR"} chart.java --metric "$${METRIC:-health}" $${WINDOW:+--window "$$WINDOW"} $${OUTPUT:+-o "$$OUTPUT"} $$ARGS

backup: ## back up the whole database cluster  (OUTPUT=backups)
	@bin/tools backup.java $${OUTPUT:+-o "$$OUTPUT"} $$ARGS

protect: ## receive every commit from now on: then a restore can go to any moment
	@bin/protect start

unprotect: ## receive no more; what was received stays
	@bin/protect stop

nightly: ## a backup every night, a drill every week  (START_AT=02:15 KEEP=7 REMOTE=offsite:backups)
	@bin/nightly start

nightly-off: ## none by itself any more; what was backed up stays
	@bin/nightly stop

list: ## list the backups
	@bin/tools backup.java list $$ARGS

verify: ## check a backup  (BACKUP_DIR=backups/cluster_backup_…)
	@bin/tools backup.java verify "$${BACKUP_DIR:?say which: make verify BACKUP_DIR=backups/cluster_backup_…}" $$ARGS

restore: ## replace the data with a backup; the old data is kept  (BACKUP_DIR=… or AT=2025-07-04T15:29:59Z)
	@if [ -n "$$AT" ]; then bin/tools restore.java "$${BACKUP_DIR:-latest}" --at "$$AT" $$ARGS; \
	else bin/tools restore.java "$${BACKUP_DIR:?say which: make restore BACKUP_DIR=backups/cluster_backup_…}" $$ARGS; fi

accidents: ## list what was dropped, truncated or deleted, and the moment before it
	@bin/tools restore.java accidents $$ARGS

start-restored: ## start the restored data, never a new and empty one
	@bin/engine start --no-init

drill: ## prove a backup by booting a copy of it  (BACKUP_DIR=…, default the latest)
	@bin/tools restore.java drill "$${BACKUP_DIR:-latest}" $$ARGS

# ---- The project

demo: ## all of it on this machine, with databases and directories of its own
	@example/demo

test: ## run all tests that can run here
	@TESTCONTAINERS_RYUK_DISABLED=true TESTCONTAINERS_HOST_OVERRIDE=127.0.0.1 bin/jbang tests/tests.java $$ARGS

check: ## layout, habits, spelling and wording of the project's own files
	@bin/jbang bin/check.java $$ARGS

doctor: ## check this machine, and print the cure for what is missing
	@bin/doctor

image: ## build the container that the tools run in, when it is missing or old
	@bin/tools --build

bench: ## measure the tools, and what people use instead
	@bin/jbang tests/bench.java $$ARGS

standalone: ## write each tool as one file to standalone/
	@bin/tools bin/standalone.java $$ARGS

clean: ## remove what was built; keeps data, backups, reports and charts
	rm -rf standalone .tests example/embedded/node_modules
