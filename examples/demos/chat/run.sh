#!/usr/bin/env bash
# Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
# Starts a redis-server and two instances of the chat, says where they are, and ends them all with Ctrl+C.
#   examples/demos/chat/run.sh [FOLDER-OF-THE-EXAMPLES] [PORT-OF-ONE [PORT-OF-THE-OTHER]]
# Ports are 8090 and 8091; 0 takes a free one.
set -euo pipefail
cd "$(dirname "$0")/../../.."
examples=${1:-build/release/examples}
[[ -x $examples/chat ]] || { echo "Build it first: cmake/build.sh release chat" >&2; exit 1; }
command -v redis-server >/dev/null || { echo "redis-server is not installed" >&2; exit 1; }

folder=$(mktemp -d)
pids=()
finish() {
    trap '' INT TERM HUP # An impatient second Ctrl+C must not leave the half of it behind.
    ((${#pids[@]} == 0)) || kill "${pids[@]}" 2>/dev/null || true
    wait 2>/dev/null || true
    rm -rf "$folder"
}
trap finish EXIT
trap 'exit 0' INT TERM HUP

# A Unix socket needs no free port.
redis-server --port 0 --unixsocket "$folder/redis" --save '' --appendonly no --dir "$folder" >"$folder/log" &
pids+=($!)

for ((tries = 0; tries < 100; ++tries)); do
    [[ ! -S $folder/redis ]] || break
    sleep 0.1
done
[[ -S $folder/redis ]] || { echo "redis-server did not start:" >&2; cat "$folder/log" >&2; exit 1; }

# Each says its URL when it listens.
for port in "${2:-8090}" "${3:-8091}"; do
    output=$folder/output-${#pids[@]}
    mkfifo "$output"
    "$examples/chat" --port "$port" --redis "unix://$folder/redis" >"$output" &
    pids+=($!)
    IFS= read -r -t 20 url <"$output" || { echo "the chat did not start" >&2; exit 1; }
    echo "$url"
done
echo "Open both, in two windows: it is one chat. Ctrl+C ends it."
wait -n "${pids[@]}" || { echo "one of them has ended" >&2; exit 1; }
