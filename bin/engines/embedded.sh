# shellcheck shell=sh disable=SC2154
# The engine embedded: TimescaleDB in WebAssembly under Node. Read by bin/engine, which sets the variables.

node_works() {
  have node && have npm && [ "$(node -p 'process.versions.node.split(".")[0]' 2> /dev/null || echo 0)" -ge 18 ]
}

no_node() {
  fail 12 "the embedded engine needs Node 18 or newer with npm" \
    "install Node (https://nodejs.org), or use Docker or a local PostgreSQL."
}

embedded_pid() { cat "$state/embedded.pid" 2> /dev/null || true; }

embedded_runs() {
  pid=$(embedded_pid)
  [ -n "$pid" ] || return 1
  case $(ps -p "$pid" -o args= 2> /dev/null) in *embedded/server.mjs*) return 0 ;; *) return 1 ;; esac
}

embedded_start() {
  node_works || no_node
  [ "${1:-}" != --no-init ] \
    || fail 12 "the embedded engine cannot run a restored backup" "start it with ENGINE=docker or ENGINE=local."
  ! embedded_runs \
    || fail 12 "an embedded engine (process $pid) uses mnt/db/embedded already" "stop it: kill $pid"
  if [ ! -e "$root/example/embedded/node_modules/.package-lock.json" ]; then
    say "installing the embedded engine's packages, once, into example/embedded/node_modules"
    (cd "$root/example/embedded" && npm ci --no-audit --no-fund --loglevel=error > /dev/null) \
      || fail 12 "npm could not install the packages of example/embedded" "its message is above; check the network."
  fi
  ! port_is_taken || port_taken
  mkdir -p "$place/mnt/db" "$state"
  log=$state/embedded.log
  : > "$log"                        # the word "ready" of the run before would be taken for this one's
  if have setsid; then setsid=setsid; else setsid=''; fi
  # shellcheck disable=SC2086  # setsid is one word or none
  nohup $setsid node "$root/example/embedded/server.mjs" --data "$place/mnt/db/embedded" --port "$port" \
    > "$log" 2>&1 < /dev/null &
  echo $! > "$state/embedded.pid"
  tries=0
  until grep -q '^ready ' "$log"; do
    tries=$((tries + 1))
    if ! kill -0 "$(embedded_pid)" 2> /dev/null || [ "$tries" -gt 240 ]; then
      kill "$(embedded_pid)" 2> /dev/null || true
      rm -f "$state/embedded.pid"
      tail -n 15 "$log" | cut -c 1-300 >&2
      fail 1 "the embedded engine did not start" "the end of its log is above; all is in .engine/embedded.log."
    fi
    sleep 0.25
  done
  say "embedded TimescaleDB on 127.0.0.1:$port, for one client at a time"
}

embedded_stop() {
  pid=$(embedded_pid)
  kill "$pid"
  tries=0
  while kill -0 "$pid" 2> /dev/null; do
    tries=$((tries + 1))
    [ "$tries" -lt 100 ] || kill -9 "$pid" 2> /dev/null || true
    sleep 0.1
  done
  rm -f "$state/embedded.pid"
}

embedded_psql() { client_psql psql "$@"; }
embedded_logs() { exec tail -n 100 "$@" "$state/embedded.log"; }

client_psql() {
  psql=$1
  shift
  have "$psql" || fail 12 "there is no psql on this machine" "install the package postgresql-client."
  PGPASSWORD=$password PGSSLMODE=disable PGCONNECT_TIMEOUT=10 \
    exec "$psql" -h 127.0.0.1 -p "$(running_port)" -U postgres "$@"
}
