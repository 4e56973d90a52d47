# shellcheck shell=sh disable=SC2154,SC2034,SC2015,SC2012,SC2016
# The engine local: this machine's own PostgreSQL programs. Read by bin/engine, which sets the variables.

# Sets bindir and major: PGBINDIR, then the PATH, then where packages put them; the newest major version wins.
find_local() {
  bindir='' major=0
  on_path=$(dirname -- "$(command -v initdb 2> /dev/null || echo /nowhere/initdb)")
  for directory in "${PGBINDIR:-}" "$on_path" /usr/lib/postgresql/*/bin /usr/pgsql-*/bin /usr/local/bin \
                   /opt/homebrew/opt/postgresql*/bin /usr/local/opt/postgresql*/bin \
                   /Applications/Postgres.app/Contents/Versions/*/bin; do
    [ -x "$directory/initdb" ] && [ -x "$directory/pg_ctl" ] && [ -x "$directory/postgres" ] || continue
    version=$("$directory/postgres" --version | sed -n 's/.*(PostgreSQL) \([0-9]\{1,\}\).*/\1/p')
    if [ -n "$version" ] && [ "$version" -ge 14 ] && [ "$version" -gt "$major" ]; then
      bindir=$directory major=$version
      [ "$directory" != "${PGBINDIR:-}" ] || break
    fi
  done
  [ -n "$bindir" ]
}

no_local() {
  fail 12 "no PostgreSQL server programs (14 or newer) on this machine" \
    "install PostgreSQL, or set PGBINDIR to the directory of its programs; or: make start ENGINE=embedded"
}

# PostgreSQL does not run as root; then its programs run as the user postgres, to whom the data belongs.
as_server() {
  if [ "$(id -u)" != 0 ]; then
    "$@"
  elif have runuser; then
    runuser -u postgres -- "$@"
  else
    setpriv --reuid=postgres --regid=postgres --init-groups -- "$@"
  fi
}

postmaster_pid() { as_server sed -n 1p "$data/postmaster.pid" 2> /dev/null || true; }
is_postgres() { case $(ps -p "$1" -o comm= 2> /dev/null) in *postgres* | *postmaster*) ;; *) return 1 ;; esac; } # PID

local_runs() {
  pid=$(postmaster_pid)
  [ -n "$pid" ] && is_postgres "$pid"
}

local_start() {
  find_local || no_local
  ! port_is_taken || port_taken
  log=$state/local.log
  local_make_room
  data_major=$(as_server cat "$data/PG_VERSION" 2> /dev/null || echo new)
  if [ "$data_major" = new ]; then
    [ "${1:-}" != --no-init ] || nothing_to_start
    [ -z "$(as_server ls -A "$data")" ] \
      || fail 12 "mnt/db/postgres is not empty and is not a data directory" "move away what is in it."
    local_init
  else
    check_major
    check_not_in_use
  fi
  local_forget_stale_pid
  # pg_ctl hands -o to a shell: only our own fixed words and a checked number may be in it.
  options="-c listen_addresses=127.0.0.1 -c port=$port -c unix_socket_directories= $(server_settings)"
  if ! as_server "$bindir/pg_ctl" -D "$data" -w -t 60 -l "$log" -o "$options" start > /dev/null; then
    tail -n 15 "$log" >&2
    fail 1 "PostgreSQL did not start" "the end of its log is above; all is in .engine/local.log."
  fi
  with=plain
  if local_offers_timescale && local_query 'CREATE EXTENSION IF NOT EXISTS timescaledb' > /dev/null 2>&1; then
    with=$(local_query "SELECT 'TimescaleDB ' || extversion FROM pg_extension WHERE extname = 'timescaledb'")
  fi
  say "PostgreSQL $major ($with) from $bindir on 127.0.0.1:$port"
  local_query 'SELECT 1' > /dev/null 2>&1 \
    || say "WARNING: this data was made with another password than that in .env: write the right one there"
}

# The data directory and the log, for the user that the server runs as.
local_make_room() {
  mkdir -p "$data" "$state"
  chmod 0755 "$place/mnt" "$place/mnt/db"
  if [ "$(id -u)" = 0 ]; then
    id postgres > /dev/null 2>&1 && { have runuser || have setpriv; } \
      || fail 12 "PostgreSQL does not run as root, and there is no user postgres" "run make start as an ordinary user."
    chmod 0711 "$state"
    [ -e "$data/PG_VERSION" ] || chown postgres: "$data"
    : >> "$log"
    chown postgres: "$log"
    as_server test -x "$data" || fail 12 "the user postgres, as whom the server runs, cannot enter $data" \
      "put the checkout where others may enter (not below /root), or run make start as an ordinary user."
  fi
  owner=$(ls -dn "$data" | awk '{ print $3 }')
  as_server test -w "$data" \
    || fail 12 "mnt/db/postgres belongs to uid $owner, and the server would run as uid $(as_server id -u)" \
      "start it as that user, or with the engine that made it: ENGINE=docker make start"
}

local_init() {
  pwfile=$state/password
  printf '%s\n' "$password" > "$pwfile"
  [ "$(id -u)" != 0 ] || chown postgres: "$pwfile"
  made=yes
  as_server "$bindir/initdb" -D "$data" -U postgres --pwfile="$pwfile" --auth=scram-sha-256 --encoding=UTF8 --locale=C \
    --data-checksums > "$state/initdb.log" 2>&1 || made=no
  rm -f "$pwfile"
  [ "$made" = yes ] || { cat "$state/initdb.log" >&2; fail 1 "initdb failed" "its message is above."; }
  ! local_offers_timescale \
    || as_server sh -c 'echo "shared_preload_libraries = '\''timescaledb'\''" >> "$1/postgresql.conf"' sh "$data"
}

local_offers_timescale() {
  share=$("$bindir/pg_config" --sharedir 2> /dev/null) || share=/usr/share/postgresql/$major
  [ -e "$share/extension/timescaledb.control" ]
}

client() { if [ -x "$bindir/psql" ]; then echo "$bindir/psql"; else echo psql; fi; }  # links in a PATH may lack psql

local_query() {
  PGPASSWORD=$password PGCONNECT_TIMEOUT=10 "$(client)" -XAtq -h 127.0.0.1 -p "$port" -U postgres -d postgres -c "$1"
}

# A crash or a power cut leaves postmaster.pid behind; by now its number may be some other program's.
local_forget_stale_pid() {
  pid=$(postmaster_pid)
  if [ -z "$pid" ] || is_postgres "$pid"; then return; fi
  [ "$pid" != 1 ] || fail 12 "mnt/db/postgres/postmaster.pid was written in a container" \
    "make sure that no container uses mnt/db/postgres, then: rm mnt/db/postgres/postmaster.pid"
  say "removing a stale postmaster.pid: process $pid is not a PostgreSQL server"
  as_server rm -f "$data/postmaster.pid"
}

local_stop() {
  find_local || true
  as_server "$bindir/pg_ctl" -D "$data" -w -t 120 -m fast stop > /dev/null
}

local_psql() { find_local; client_psql "$(client)" "$@"; }
local_logs() { exec tail -n 100 "$@" "$state/local.log"; }
