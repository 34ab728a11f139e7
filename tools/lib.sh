# What the scripts of this folder share. Sourced, not run.
# shellcheck shell=bash

# The repository's top, whatever folder the script was called from.
repo_root="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)"
tool_name="$(basename "$0")"

# What is being done goes to stderr: stdout is for results.
say() { printf '%s: %s\n' "$tool_name" "$*" >&2; }

die() {
  say "$*"
  exit 1
}

# Debian keeps ip, ethtool and bpftool where the PATH of plain users does not look.
PATH="$PATH:/usr/sbin:/sbin"

require_root() {
  [ "$(id -u)" -eq 0 ] ||
    die "needs root (it makes network devices and namespaces): sudo tools/$tool_name"
}

# Runs `"$@"` as the user who called sudo, if the clone is that user's: what root builds would be
# built again by the user, from nothing.
as_owner() {
  local user="${SUDO_USER:-root}" home
  if [ "$user" = root ] || [ "$(stat -c %U "$repo_root")" != "$user" ]; then
    "$@"
    return
  fi
  home="$(getent passwd "$user" | cut -d: -f6)"
  runuser -u "$user" -- env HOME="$home" USER="$user" LOGNAME="$user" "$@"
}

# Polls `"$@"` until it succeeds, for at most $1 seconds. In a subshell: a trap that runs meanwhile
# is to be heard.
wait_for() {
  local deadline=$((SECONDS + $1))
  shift
  until ("$@") >/dev/null 2>&1; do
    [ "$SECONDS" -lt "$deadline" ] || return 1
    sleep 0.05
  done
}

# Ends the processes named by pid and waits until they are gone; SIGKILL after five seconds.
end_processes() {
  local pid deadline=$((SECONDS + 5))
  for pid in "$@"; do kill "$pid" 2>/dev/null || true; done
  for pid in "$@"; do
    while kill -0 "$pid" 2>/dev/null; do
      [ "$SECONDS" -lt "$deadline" ] || kill -KILL "$pid" 2>/dev/null || true
      sleep 0.05
    done
  done
}
