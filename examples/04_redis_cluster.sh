#!/usr/bin/env bash
# Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
# Starts a redis-server and three instances, shows how messages cross, and ends them all.
#   examples/04_redis_cluster.sh [FOLDER-OF-THE-EXAMPLES]
set -euo pipefail
cd "$(dirname "$0")/.."
examples=${1:-build/release/examples}
[[ -x $examples/04_redis_cluster ]] || { echo "Build it first: cmake/build.sh release 04_redis_cluster" >&2; exit 1; }
command -v redis-server >/dev/null || { echo "redis-server is not installed" >&2; exit 1; }

folder=$(mktemp -d)
pids=()
finish() {
    kill "${pids[@]}" 2>/dev/null || true
    wait 2>/dev/null || true
    rm -rf "$folder"
}
trap finish EXIT

# A Unix socket needs no free port.
redis-server --port 0 --unixsocket "$folder/redis" --save '' --appendonly no --dir "$folder" >"$folder/log" &
pids+=($!)
mkfifo "$folder/output"
for name in red green blue; do
    "$examples/04_redis_cluster" "$name" "unix://$folder/redis" 3 >"$folder/output" &
    pids+=($!)
done

# Each of three clients gets three hellos and three notifications: then all has crossed.
crossed=0
while ((crossed < 18)) && IFS= read -r -t 20 line; do
    echo "$line"
    [[ $line != *"'s client got"* ]] || crossed=$((crossed + 1))
done <"$folder/output"
((crossed == 18)) || { echo "only $crossed of 18 messages arrived" >&2; exit 1; }
echo "All 18 messages arrived: three clients on three instances got each other's."
