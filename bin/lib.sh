# shellcheck shell=sh disable=SC2034,SC2154
# What bin/engine, bin/tools and bin/doctor share. They read it with: self=NAME; . bin/lib.sh

root=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)
place=${PLAYGROUND:-$root}
state=$place/.engine
default_image=timescale/timescaledb:latest-pg17

say() { echo "$self: $*" >&2; }
fail() { # STATUS MESSAGE HINT
  say "$2"
  echo "HINT: $3" >&2
  exit "$1"
}
have() { command -v "$1" > /dev/null 2>&1; }

# The value of NAME in a .env file, read as text: nothing in it is run. lib/DotEnv.java reads it in the same way.
env_file_value() { # FILE NAME
  [ -r "$1" ] || return 0
  LC_ALL=C awk -v wanted="$2" '
    NR == 1 { sub(/^\357\273\277/, "") }
    { gsub(/^[ \t\r\f\v]+|[ \t\r\f\v]+$/, "") }
    !/^[^#=][^=]*=/ { next }
    {
      name = value = $0
      sub(/[ \t\r\f\v]*=.*/, "", name)
      sub(/^export[ \t\r\f\v]+/, "", name)
      sub(/^[^=]*=[ \t\r\f\v]*/, "", value)
      if (value ~ /^".*"$/ || value ~ /^\047.*\047$/) value = substr(value, 2, length(value) - 2)
      if (name == wanted) found = value
    }
    END { print found }' "$1"
}

setting() { # NAME DEFAULT: environment, then .env, then the default
  value=$(printenv "$1" || true)
  [ -n "$value" ] || value=$(env_file_value "$place/.env" "$1")
  printf '%s\n' "${value:-$2}"
}

image_variable() { # IMAGE NAME: the value of an environment variable that an image sets
  docker image inspect --format '{{range .Config.Env}}{{println .}}{{end}}' "$1" 2> /dev/null | sed -n "s/^$2=//p"
}

# The running container that uses this directory, "ID /NAME", or nothing. PostgreSQL's own lock does not reach across
# containers: two servers, or a server and a restore, on one data directory destroy it.
container_with() { # DIRECTORY
  for id in $(docker ps -q 2> /dev/null); do
    mounts=$(docker container inspect --format '{{range .Mounts}}{{println .Source}}{{end}}' "$id" 2> /dev/null || true)
    if printf '%s\n' "$mounts" | grep -Fqx -- "$1"; then
      docker container inspect --format '{{.Id}} {{.Name}}' "$id"
      return
    fi
  done
}
