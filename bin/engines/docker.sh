# shellcheck shell=sh disable=SC2154,SC2034
# The engine docker: a container of the image TIMESCALEDB_IMAGE. Read by bin/engine, which sets the variables.

docker_answers() { have docker && docker version --format '{{.Server.Version}}' > /dev/null 2>&1; }

why_docker_does_not() {
  have docker || { echo "there is no docker command"; return; }
  case $(docker version 2>&1 || true) in
    *"permission denied"*) echo "you may not use the Docker engine (permission denied)" ;;
    *) echo "no Docker engine answers" ;;
  esac
}

docker_fact() { docker container inspect --format "$1" "$container" 2> /dev/null; }
docker_runs() { [ "$(docker_fact "{{.State.Running}} {{index .Config.Labels \"$label\"}}")" = "true $place" ]; }

docker_has_image() {
  docker image inspect "$image" > /dev/null 2>&1 && return
  say "pulling $image, once"
  pull_error=$(docker pull --quiet "$image" 2>&1 > /dev/null) && return
  pull_error=${pull_error##*: }
  return 1
}
docker_image() {
  docker_has_image || fail 12 "the Docker engine cannot pull $image: $pull_error" \
    "check the network and the name (TIMESCALEDB_IMAGE), or use another engine: make start ENGINE=local"
}

# A container of this name: ours is removed, another's is left alone.
docker_make_room() {
  owner=$(docker_fact "{{index .Config.Labels \"$label\"}}") || return 0
  case $owner in
    "$place")
      ! docker_runs || docker_stop   # it runs, but .engine does not say so: its start was killed
      docker rm "$container" > /dev/null 2>&1 || true ;;
    '') fail 12 "there is a container $container already, and the playground did not make it" \
          "rename it: docker rename $container another-name" ;;
    *) fail 12 "the container $container belongs to the playground in $owner" \
         "stop that one, or give this one another name: CONTAINER=timescaledb-two make start" ;;
  esac
}

# Sets uid, gid, major, libc, kind and data_major: images differ in their user (70, 999, 1000), directory and versions.
docker_look_inside() {
  facts=$(docker run --rm --network none --user 0 --entrypoint sh -v "$data:/data:ro" "$image" -c '
    id -u postgres; id -g postgres
    postgres --version 2> /dev/null | sed "s/.*) \([0-9]*\).*/\1/"
    if ls /lib/ld-musl-* > /dev/null 2>&1; then echo musl; else echo glibc; fi
    if ls "$(pg_config --sharedir 2> /dev/null)"/extension/timescaledb.control > /dev/null 2>&1; then
      echo timescaledb
    else
      echo plain
    fi
    cat /data/PG_VERSION 2> /dev/null || echo new') || fail 12 "cannot look into the image $image" \
    "is it a PostgreSQL image? Choose another: TIMESCALEDB_IMAGE=$default_image make start"
  { read -r uid; read -r gid; read -r major; read -r libc; read -r kind; read -r data_major; } << END
$facts
END
  [ "$kind" = timescaledb ] || say "WARNING: the image $image does not seem to have TimescaleDB"
}

docker_start() {
  docker_answers || fail 12 "$(why_docker_does_not)" "start Docker, or use another engine: make start ENGINE=local"
  docker_make_room
  docker_image
  ! port_is_taken || port_taken
  mkdir -p "$data" "$state"
  # A restore to a moment lets a server replay WAL beside the data, as the user that the data belongs to: it has to
  # get there.
  chmod a+x "$place/mnt" "$place/mnt/db" 2> /dev/null || true      # a container's user may have made them
  pgdata=$(image_variable "$image" PGDATA)
  docker_look_inside
  if [ "$data_major" != new ]; then
    check_major
    made_with=$(cat "$state/libc" 2> /dev/null || echo "$libc")
    [ "$made_with" = "$libc" ] \
      || fail 12 "the data in mnt/db/postgres was made with $made_with, and the image $image has $libc: text would be \
sorted differently, and indexes would be corrupt" \
      "use an image with $made_with, or dump and reload; or start anew: mv mnt/db/postgres mnt/db/postgres.$made_with"
    check_not_in_use
  elif [ "${1:-}" = --no-init ]; then
    nothing_to_start
  fi
  echo "$libc" > "$state/libc"

  # An image that starts as root gives the directory to its user by itself; one that does not cannot.
  docker run --rm --network none --user 0 --entrypoint chown -v "$data:/data" "$image" "$uid:$gid" /data
  # The password is mounted as a file, so that `docker inspect` does not show it. Its directory is closed to others;
  # in the container the user must read it.
  printf '%s' "$password" > "$state/password"
  chmod 0644 "$state/password"
  # shellcheck disable=SC2046  # server_settings are words
  docker run --detach --rm --name "$container" --label "$label=$place" --network host --shm-size 128m \
    -v "$data:${pgdata:-/var/lib/postgresql/data}" -v "$state/password:/run/secrets/postgres_password:ro" \
    -e POSTGRES_PASSWORD_FILE=/run/secrets/postgres_password \
    -e POSTGRES_INITDB_ARGS='--auth-host=scram-sha-256 --data-checksums' \
    "$image" postgres -c listen_addresses=127.0.0.1 -c "port=$port" $(server_settings) > /dev/null \
    || { rm -f "$state/password"; fail 1 "the container $container did not start" "Docker's message is above."; }
  docker_wait
  rm -f "$state/password"
  version=$(docker exec "$container" psql -U postgres -h 127.0.0.1 -p "$port" --version | sed 's/.*) //')
  say "PostgreSQL $version from $image on 127.0.0.1:$port"
}

docker_wait() {
  docker logs -f "$container" > "$state/docker.log" 2>&1 &
  logs=$!
  tries=0
  until docker exec "$container" pg_isready -q -h 127.0.0.1 -p "$port" > /dev/null 2>&1; do
    tries=$((tries + 1))
    if [ "$tries" -gt 240 ] || { [ "$tries" -gt 4 ] && ! docker_runs; }; then
      rm -f "$state/password"
      tail -n 15 "$state/docker.log" >&2
      docker stop "$container" > /dev/null 2>&1 || true
      fail 1 "the container ended before it was ready" "the end of its log is above; all is in .engine/docker.log."
    fi
    sleep 0.25
  done
  kill "$logs" 2> /dev/null || true
}

docker_stop() {
  docker stop --time 120 "$container" > /dev/null || ! docker_runs
  docker rm "$container" > /dev/null 2>&1 || true     # one that never ran is not removed by itself
  while docker container inspect "$container" > /dev/null 2>&1; do sleep 0.1; done   # --rm takes a moment
}

docker_psql() {
  tty=''
  if [ -t 0 ] && [ -t 1 ]; then tty=-t; fi
  # shellcheck disable=SC2086  # tty is one word or none
  PGPASSWORD=$password exec docker exec -i $tty -e PGPASSWORD "$container" \
    psql -h 127.0.0.1 -p "$(running_port)" -U postgres "$@"
}

docker_logs() { exec docker logs "$@" "$container"; }
