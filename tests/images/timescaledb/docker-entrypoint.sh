#!/bin/sh
# What a user of the official postgres and timescaledb images can rely on, and nothing more:
#   POSTGRES_PASSWORD, POSTGRES_USER, POSTGRES_DB, POSTGRES_INITDB_ARGS, each also as NAME_FILE
#   POSTGRES_HOST_AUTH_METHOD, PGDATA
#   /docker-entrypoint-initdb.d: *.sh (run when executable, else sourced), *.sql, *.sql.gz, once, after initdb
#   arguments: `-c x=y …` and `postgres …` start the server; anything else is run instead
#   started as root it goes on as user postgres; started with --user it stays that user
set -eu

# Sets a variable from NAME or from the file in NAME_FILE, else to the default.
setting() {
  eval "value=\${$1:-} file=\${$1_FILE:-}"
  if [ -n "$value" ] && [ -n "$file" ]; then
    echo "error: both $1 and $1_FILE are set (but are exclusive)" >&2; exit 1
  fi
  if [ -n "$file" ]; then value=$(cat "$file"); fi
  if [ -z "$value" ]; then value=$2; fi
  eval "$1=\$value; unset $1_FILE"
  export "${1?}"
}

initialise() {
  setting POSTGRES_PASSWORD ""
  setting POSTGRES_USER postgres
  setting POSTGRES_DB "$POSTGRES_USER"
  setting POSTGRES_INITDB_ARGS ""
  method=${POSTGRES_HOST_AUTH_METHOD:-scram-sha-256}
  if [ -z "$POSTGRES_PASSWORD" ] && [ "$method" != trust ]; then
    echo "Error: Database is uninitialized and superuser password is not specified." >&2
    echo "       You must specify POSTGRES_PASSWORD to a non-empty value for the superuser." >&2
    exit 1
  fi

  pwfile=$(mktemp)
  printf '%s\n' "$POSTGRES_PASSWORD" > "$pwfile"
  # As in the original, a list of words: unquoted on purpose.
  eval 'initdb -D "$PGDATA" --username="$POSTGRES_USER" --pwfile="$pwfile" '"$POSTGRES_INITDB_ARGS"
  rm -f "$pwfile"
  # initdb itself trusts the local socket and 127.0.0.1; everybody else needs the password. The original does the same.
  printf '\nhost all all all %s\n' "$method" >> "$PGDATA/pg_hba.conf"

  export PGPASSWORD="$POSTGRES_PASSWORD"
  pg_ctl -D "$PGDATA" -w start -o "-c listen_addresses='' -c unix_socket_directories=/var/run/postgresql"
  client="psql -v ON_ERROR_STOP=1 --no-psqlrc -q -h /var/run/postgresql -U $POSTGRES_USER"
  if [ "$POSTGRES_DB" != postgres ]; then
    printf 'CREATE DATABASE :"db";\n' | $client -d postgres -v db="$POSTGRES_DB"
  fi
  for script in /docker-entrypoint-initdb.d/*; do
    # shellcheck disable=SC1090  # the user's own
    case $script in
      *.sh)     echo "$0: running $script"; if [ -x "$script" ]; then "$script"; else . "$script"; fi ;;
      *.sql)    echo "$0: running $script"; $client -d "$POSTGRES_DB" -f "$script" ;;
      *.sql.gz) echo "$0: running $script"; gunzip -c "$script" | $client -d "$POSTGRES_DB" ;;
    esac
  done
  pg_ctl -D "$PGDATA" -w -m fast stop
  unset PGPASSWORD
  echo; echo "PostgreSQL init process complete; ready for start up."; echo
}

case ${1:-} in -*) set -- postgres "$@" ;; esac
if [ "${1:-}" != postgres ]; then exec "$@"; fi
for word; do case $word in -'?'|--help|--describe-config|-V|--version) exec "$@" ;; esac; done

if [ "$(id -u)" = 0 ]; then
  mkdir -p "$PGDATA"
  chmod 0700 "$PGDATA" || :
  find "$PGDATA" ! -user postgres -exec chown postgres {} +
  exec setpriv --reuid=postgres --regid=postgres --init-groups "$0" "$@"
fi

mkdir -p "$PGDATA"
chmod 0700 "$PGDATA" 2>/dev/null || :
if [ -s "$PGDATA/PG_VERSION" ]; then
  echo; echo "PostgreSQL Database directory appears to contain a database; Skipping initialization"; echo
else
  initialise
fi
exec "$@"
