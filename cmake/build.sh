#!/usr/bin/env bash
# Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
# cmake/build.sh PRESET TARGET...: configures and builds, by Ninja where it is installed.
set -euo pipefail
cd "$(dirname "$0")/.."
preset=$1
shift

if [[ ! -e build/$preset/CMakeCache.txt ]] && command -v ninja >/dev/null; then
    export CMAKE_GENERATOR=Ninja
fi
# A compiler that meets Asio and Beast takes about 1.2 GB.
by_memory=$(($(awk '/^MemAvailable/ { print $2 }' /proc/meminfo) / 1200000))
jobs=$(nproc)
jobs=$((by_memory < 1 ? 1 : by_memory < jobs ? by_memory : jobs))

cmake --preset "$preset"
cmake --build --preset "$preset" --parallel "$jobs" --target "$@"
