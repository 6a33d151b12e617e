#!/usr/bin/env bash
# Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
# Starts a broker on a free port of this machine, the dashboard, and 300 devices; prints the URL of the page, and stops
# everything when it is interrupted. Needs mosquitto and a build of the examples.
#   ./run.sh [--bin FOLDER] [--devices N] [--port N] [--folder FOLDER] [-- OPTIONS OF iot_dashboard]
# --bin is where iot_dashboard and device_simulator are (build/release/examples). --folder keeps what the broker knows
# for the next run; without it, a temporary one is removed at the end.
set -euo pipefail
from=$PWD
cd "$(dirname "$0")"
bin="" devices=300 port=8080 folder=""

die() {
    echo "run.sh: $1" >&2
    exit 2
}

while (($# > 0)); do
    case $1 in
    --help) sed -n '3,7s/^# \{0,1\}//p' run.sh && exit 0 ;;
    --) shift && break ;;
    --bin | --devices | --port | --folder) (($# > 1)) || die "$1 wants a value" ;;
    *) die "unknown option '$1'; --help lists them" ;;
    esac
    value=$2
    [[ $1 =~ ^--(bin|folder)$ && $value != /* ]] && value=$from/$value
    declare "${1#--}=$value"
    shift 2
done

bin=${bin:-../../../build/release/examples}
for program in iot_dashboard device_simulator; do
    [[ -x $bin/$program ]] || die "no $bin/$program; build it: cmake/build.sh release iot_dashboard device_simulator"
done
PATH=$PATH:/usr/sbin:/usr/local/sbin
for program in mosquitto mosquitto_passwd; do
    command -v "$program" >/dev/null || die "$program is not installed (Debian: mosquitto)"
done

pids=() temporary=""
finish() {
    # The devices first, so that they say goodbye to a broker that is there.
    for pid in "${pids[@]}"; do
        kill "$pid" 2>/dev/null || true
        wait "$pid" 2>/dev/null || true
    done
    [[ -z $temporary ]] || rm -rf "$temporary"
}
trap finish EXIT
trap 'exit 0' INT TERM

umask 077
[[ -n $folder ]] || temporary=$(mktemp -d)
folder=${folder:-$temporary}
mkdir -p "$folder"
folder=$(cd "$folder" && pwd)

# Every device, and the dashboard, with a password of its own.
"$bin/device_simulator" --names --devices "$devices" >"$folder/names"
echo dashboard >>"$folder/names"
od -An -v -N$(($(wc -l <"$folder/names") * 16)) -tx1 /dev/urandom | tr -d ' \n' | fold -w 32 |
    paste -d : "$folder/names" - >"$folder/accounts"
grep -v '^dashboard:' "$folder/accounts" >"$folder/devices"
sed -n 's/^dashboard://p' "$folder/accounts" >"$folder/dashboard"
mv "$folder/accounts" "$folder/passwords"
mosquitto_passwd -U "$folder/passwords"
cp mosquitto.acl "$folder/acl"

# Answers whether mosquitto runs. On a port that is taken it ends at once; then another one is tried.
start_broker() {
    mqtt=$((10000 + RANDOM % 10000)) # none that the system gives to others, or that the tests choose from
    : >"$folder/mosquitto.log"
    local conf
    conf=$(<mosquitto.conf.in)
    conf=${conf//@PORT@/"$mqtt"} conf=${conf//@FOLDER@/"$folder"}
    echo "${conf//@USER@/"$(id -un)"}" >"$folder/mosquitto.conf"
    mosquitto -c "$folder/mosquitto.conf" 2>"$folder/mosquitto.errors" &
    pids=($!)
    for ((tries = 100; tries > 0; --tries)); do
        kill -0 "${pids[0]}" 2>/dev/null || return 1
        ! grep -q ' running$' "$folder/mosquitto.log" || return 0
        sleep 0.1
    done
    die "mosquitto does not start"
}
for ((attempt = 1; attempt <= 5; ++attempt)); do
    ! start_broker || break
    ((attempt < 5)) || die "mosquitto does not start: $(cat "$folder/mosquitto.log" "$folder/mosquitto.errors")"
done
echo "MQTT on 127.0.0.1:$mqtt, $devices devices" >&2

"$bin/iot_dashboard" --port "$port" --mqtt "127.0.0.1:$mqtt" --mqtt-user dashboard \
    --mqtt-password-file "$folder/dashboard" --mqtt-client-id dashboard "$@" &
dashboard=$!
pids=("$dashboard" "${pids[@]}")
"$bin/device_simulator" --mqtt "127.0.0.1:$mqtt" --credentials "$folder/devices" &
pids=("$!" "${pids[@]}")

wait "$dashboard" # however that ends
