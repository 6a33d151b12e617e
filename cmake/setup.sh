#!/usr/bin/env bash
# Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
# cmake/setup.sh build [chat] [iot_dashboard] [test] [clang] [lint]: installs what Debian or Ubuntu lacks for that, if it
# may, without questions. When everything is there it only looks. When it may not install, it says what is lacking and fails.
set -euo pipefail
cd "$(dirname "$0")/.."
lacking=()

need() { # COMMAND PACKAGE
    command -v "$1" >/dev/null || lacking+=("$2")
}

compiles() { # COMPILER ARGUMENT... <SOURCE
    "$1" -std=c++17 -x c++ - -o /dev/null "${@:2}" 2>/dev/null
}

has_boost() {
    [[ -z ${Boost_DIR-}${Boost_ROOT-}${CMAKE_PREFIX_PATH-} ]] || return 0 # the user's own: CMake looks at it
    compiles c++ -lboost_json -lboost_url <<<'
        #include <boost/version.hpp>
        static_assert(BOOST_VERSION >= 108100, "too old");
        int main() {}'
}

has_catch2() {
    compiles c++ -c <<<'
        #if !__has_include(<catch2/catch.hpp>) && !__has_include(<catch2/catch_all.hpp>)
        #error none
        #endif'
}

has_browser() {
    command -v chromium google-chrome >/dev/null || compgen -G "$HOME/.cache/ms-playwright/chromium-*" >/dev/null
}

has_fuzzer() {
    compiles clang++ -fsanitize=fuzzer,address <<<'
        extern "C" int LLVMFuzzerTestOneInput(const unsigned char*, unsigned long) { return 0; }'
}

has_header() { # HEADER
    [[ -z ${CMAKE_PREFIX_PATH-} ]] || return 0
    compiles c++ -c <<<"
        #if !__has_include(<$1>)
        #error none
        #endif"
}

look_build() {
    need c++ g++
    need cmake cmake
    need ninja ninja-build
    has_boost || lacking+=(boost)
    has_header hiredis/hiredis.h || lacking+=(libhiredis-dev)
    has_header sqlite3.h || lacking+=(libsqlite3-dev)
    has_header openssl/ssl.h || lacking+=(libssl-dev)
}

look_chat() {
    need redis-server redis-server
}

look_iot_dashboard() {
    [[ -x /usr/sbin/mosquitto ]] || need mosquitto mosquitto # some users' PATH ends before sbin
    has_header mosquitto.h || lacking+=(libmosquitto-dev)
}

look_test() {
    look_chat
    look_iot_dashboard
    need openssl openssl
    has_catch2 || lacking+=(catch2)
    /usr/bin/python3 -c 'import websockets' 2>/dev/null || lacking+=(python3 python3-websockets)
    /usr/bin/python3 -c 'import jwt, cryptography' 2>/dev/null || lacking+=(python3-jwt python3-cryptography)
    need promtool prometheus # no test needs, or asks, the service that Debian may start with such a package
    /usr/bin/python3 -c 'import prometheus_client' 2>/dev/null || lacking+=(python3-prometheus-client)
    need node nodejs
    need npm npm
    [[ -e /etc/ssl/certs/ca-certificates.crt ]] || lacking+=(ca-certificates) # npm's downloads
    need curl curl
    has_browser || lacking+=(chromium)
    need mosquitto_pub mosquitto-clients
    [[ -x /usr/sbin/nginx ]] || need nginx nginx # Debian's smallest: nginx-light and nginx-core are this and modules
    [[ -x /usr/sbin/haproxy ]] || need haproxy haproxy
    has_header grpcpp/grpcpp.h || lacking+=(libgrpc++-dev)
    has_header google/protobuf/message.h || lacking+=(libprotobuf-dev)
    need protoc protobuf-compiler
    need grpc_cpp_plugin protobuf-compiler-grpc
}

look_clang() {
    need clang++ clang
    has_fuzzer || lacking+=(libclang-rt-dev)
}

look_lint() { # cmake/check_format, cmake/check_tidy
    need clang-format clang-format
    need clang-tidy clang-tidy
}

# The packages of the installed Boost, else of the default one, else of the newest one, if that is 1.81 or later.
boost_packages() {
    {
        dpkg-query -W -f '${db:Status-Abbrev}${Package}\n' 'libboost1*-dev' | grep '^ii' || true
        apt-cache depends libboost-dev || true
        apt-cache pkgnames libboost1. | sort -Vr
    } 2>/dev/null | grep -oE 'libboost1\.[0-9]+-dev$' | tr -d a-z- | while read -r version; do
        if [[ ${version#1.} -ge 81 ]]; then
            echo "libboost$version-dev libboost-json$version-dev libboost-url$version-dev"
            break
        fi
    done
}

# Ubuntu has Chromium as a snap only, which a container cannot run: take the build that Playwright brings.
playwright_chromium() {
    local version
    version=$(sed -n 's/.*"playwright-core": "\(.*\)".*/\1/p' tests/clients/package.json)
    npx --yes "playwright-core@$version" install --with-deps chromium </dev/null ||
        fail "Playwright could not install Chromium."
}

fail() {
    echo "Fanfare lacks: ${lacking[*]/#boost/Boost 1.81 or later (with JSON and URL)}. $1" >&2
    exit 1
}

install() {
    local root=() options=(-y --no-install-recommends -o DPkg::Lock::Timeout=300) packages=() package boost after=true
    command -v apt-get >/dev/null || fail "Please install that: this is not Debian or Ubuntu."
    if [[ $EUID -ne 0 ]]; then
        sudo -n true 2>/dev/null || fail "Please install that, or run this as root or with passwordless sudo."
        root=(sudo -n)
    fi
    [[ ${CI-} ]] || options+=(--no-remove) # never take away what somebody installed

    echo "Installing: ${lacking[*]}"
    "${root[@]}" apt-get update -q || echo "Going on with the package lists that are there." >&2
    for package in "${lacking[@]}"; do
        case $package in
        boost)
            boost=$(boost_packages)
            [[ $boost ]] || fail "This release has no Boost 1.81: please install it, and set Boost_ROOT."
            read -ra boost <<<"$boost"
            packages+=("${boost[@]}")
            ;;
        chromium)
            if apt-cache show chromium >/dev/null 2>&1; then packages+=(chromium); else after=playwright_chromium; fi
            ;;
        *) packages+=("$package") ;;
        esac
    done
    "${root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -q "${options[@]}" "${packages[@]}" </dev/null ||
        fail "apt-get could not install it."
    $after
}

for part in "$@"; do
    "look_$part"
done
if ((${#lacking[@]})); then
    install
fi
