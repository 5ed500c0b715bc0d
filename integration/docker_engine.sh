#!/bin/sh
# Ensures that a Docker engine answers, and that the tools of integration/images/build.sh are installed.
# If no engine runs, root on Debian starts one. The script then prints its process id, and the caller must end it.
# If an engine is already running, the script prints nothing.
set -eu

cache=${IMAGE_JOBS_CACHE:-$HOME/.cache/image-jobs}
log=$cache/dockerd.log
START_SECONDS=60

say() { printf 'docker: %s\n' "$*" >&2; }
fail() { say "$*"; exit 1; }
answers() { docker info >/dev/null 2>&1; }
has() { command -v "$1" >/dev/null 2>&1; }

# The Debian packages of the programs that are missing.
packages() {
    has dockerd || answers || echo docker.io iptables
    has docker || echo docker.io
    has docker-compose || docker compose version >/dev/null 2>&1 || echo docker-compose
    has debootstrap || echo debootstrap
    has mvn || echo maven
    has javac || echo default-jdk-headless
}

install() {
    missing=$(packages | tr ' ' '\n' | sort -u | tr '\n' ' ')
    [ -n "$missing" ] || return 0
    if [ "$(id -u)" != 0 ] || ! has apt-get; then
        fail "missing: $missing; install them, or run this as root on Debian to install them"
    fi
    say "installing $missing"
    apt-get update -qq >&2 || say "apt's package lists could not be updated: trying with the old ones"
    # shellcheck disable=SC2086  # one word per package
    DEBIAN_FRONTEND=noninteractive RUNLEVEL=1 apt-get install -y -qq --no-install-recommends $missing >"$cache/apt.log" 2>&1 ||
        fail "apt-get could not install them: see $cache/apt.log"
}

# Images stay in the cache, so that the next run finds them.
start() {
    [ "$(id -u)" = 0 ] || fail "no Docker engine answers, and only root can start one: start it, or set DOCKER_HOST"
    say "starting dockerd, which writes to $log"
    rm -f /var/run/docker.pid
    setsid dockerd --data-root "$cache/docker" --host unix:///var/run/docker.sock >"$log" 2>&1 </dev/null &
    engine=$!
    waited=0
    until answers; do
        kill -0 "$engine" 2>/dev/null || fail "dockerd ended: $(tail -n 3 "$log")"
        [ "$waited" -lt "$((START_SECONDS * 5))" ] || fail "dockerd does not answer after $START_SECONDS s: see $log"
        waited=$((waited + 1))
        sleep 0.2
    done
    echo "$engine"
}

mkdir -p "$cache"
install
has go || fail "Go is missing; it compiles MinIO: install Go 1.24 or newer"
answers || start
