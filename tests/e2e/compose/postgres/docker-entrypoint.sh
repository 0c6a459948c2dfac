#!/bin/bash
# Makes the cluster at the first start, then becomes the server.
set -euo pipefail

initialise() {
  rm -rf "$PGDATA.new"
  mkdir -p "$PGDATA.new"
  PGPASSWORD=$(cat "$POSTGRES_PASSWORD_FILE")
  export PGPASSWORD
  # Several arguments in one variable: the interface has it so.
  # shellcheck disable=SC2086
  initdb -D "$PGDATA.new" --username="$POSTGRES_USER" --pwfile="$POSTGRES_PASSWORD_FILE" \
    ${POSTGRES_INITDB_ARGS:-}
  echo "host all all all scram-sha-256" >> "$PGDATA.new/pg_hba.conf"
  pg_ctl -D "$PGDATA.new" -o "-c listen_addresses=''" -w start
  createdb --username="$POSTGRES_USER" --maintenance-db=postgres "$POSTGRES_DB"
  pg_ctl -D "$PGDATA.new" -m fast -w stop
  unset PGPASSWORD
  # In one step: a first start that was cut short is never taken for a cluster.
  mv -T "$PGDATA.new" "$PGDATA"
}

if [ "$1" = postgres ] && [ ! -s "$PGDATA/PG_VERSION" ]; then
  rm -rf "$PGDATA"
  initialise
fi
exec "$@"
