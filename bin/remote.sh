# shellcheck shell=sh disable=SC2154,SC2034
# What the container is given for a remote of rclone. Read by bin/tools, which sets the variables and mounts.

# A remote of rclone, or the directory of a mounted disk. What rclone is configured with is read only. All else in the
# container is too: a remote that means a directory which is not mounted must fail, not keep the copy in there.
want_remote() { # REMOTE
  with_rclone=yes
  case $1 in /*) want_output "$1"; return ;; esac
  config=${RCLONE_CONFIG:-}
  for file in "${XDG_CONFIG_HOME:-${HOME:-/}/.config}/rclone/rclone.conf" "${HOME:-/}/.rclone.conf"; do
    [ -n "$config" ] || [ ! -r "$file" ] || config=$file
  done
  [ -r "$config" ] || return 0
  config=$(absolute "$config")
  want_input "$config"
  want_places "${1%%:*}" "${1#*:}"
}

# The paths in a section of that configuration, and in those of the remotes that it stands on: a crypt on an alias on a
# disk.
want_places() { # NAME PATH
  section=$(name=$1 awk '
    { gsub(/^[ \t]+|[ \t\r]+$/, "") }
    /^\[/ { ours = $0 == "[" ENVIRON["name"] "]"; next }
    ours && /=/ { sub(/[ \t]*=[ \t]*/, "="); print }' < "$config")
  below=''
  while IFS='=' read -r key value; do
    case $key:$value in
      type:local) case $2 in /*) want_output "$2" ;; esac ;;
      remote:/*) want_output "$value" ;;
      remote:"$1":*) ;;
      remote:*:*) below=$value ;;
      *:/*) want_input "$value" ;;
    esac
  done << END
$section
END
  [ -z "$below" ] || want_places "${below%%:*}" "${below#*:}"
}

pass_rclone() {
  option --read-only --volume /tmp --volume /var/tmp --volume /home/tools
  [ -z "$config" ] || option -e "RCLONE_CONFIG=$config"
  [ ! -r "${HOME:-/}/.aws" ] || mount "$HOME/.aws" ro /home/tools/.aws
  for name in $(env | sed -n 's/^\(RCLONE_[A-Za-z0-9_]*\|AWS_[A-Z0-9_]*\|[a-zA-Z]*_[pP][rR][oO][xX][yY]\)=.*/\1/p'); do
    [ "$name" != RCLONE_CONFIG ] || continue
    keep_secret "$name"
    case $(printenv "$name") in /*) want_input "$(printenv "$name")" ;; esac
  done
}
