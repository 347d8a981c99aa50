#!/bin/sh
# What every container runs first: wait for the database and the queue, at most WAIT_SECONDS, then run the program.
# `csvapi` may be left out: `docker compose run --rm web admin you@example.com`. Anything else is run as it is.
set -eu

case "${1:-web}" in
web | worker | scheduler | migrate | backup | restore)
    csvapi wait --within "${WAIT_SECONDS:-60}"
    exec csvapi "$@"
    ;;
admin | invite | health | wait | --help | --version) exec csvapi "$@" ;;
*) exec "$@" ;;
esac
