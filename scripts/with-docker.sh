#!/usr/bin/env bash
# Runs a command with a Docker engine: the one that answers, or one of its own that goes when the command ends.
# Where none can be started it says so in one line and does not run the command; that is no failure.
#   scripts/with-docker.sh COMMAND [ARGUMENT…]
set -euo pipefail

if docker info > /dev/null 2>&1; then exec "$@"; fi

if ! command -v dockerd > /dev/null && [ "$(id -u)" = 0 ] && command -v apt-get > /dev/null; then
    { apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends docker.io iptables; } > /dev/null 2>&1 || true
fi

folder=$(mktemp -d)
engine=
finish() {
    if [ -n "$engine" ]; then kill "$engine" 2> /dev/null && wait "$engine" || true; fi
    rm -rf "$folder"
}
trap finish EXIT
export DOCKER_HOST=unix://$folder/docker.sock
dockerd --host "$DOCKER_HOST" --data-root "$folder/data" --exec-root "$folder/exec" --pidfile "$folder/pid" > "$folder/log" 2>&1 &
engine=$!
for _ in $(seq 60); do
    if docker info > /dev/null 2>&1; then
        "$@"
        exit
    fi
    kill -0 "$engine" 2> /dev/null || break
    sleep 0.5
done
echo "Skipped: no Docker engine answers here and none could be started ($(tail -n 1 "$folder/log"))"
