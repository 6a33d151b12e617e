// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.

// The load generator: thousands of WebSocket clients over real sockets in one thread. It counts what arrives and
// checks that every client got every message once and in order. `load --help` tells how it is used.

#include "load_commands.hpp"
#include "load_run.hpp"

#include <cstdio>
#include <exception>
#include <memory>
#include <stdexcept>

int main(int argc, char** argv)
try {
    const auto settings = bench::parse_load(argc, argv);
    if (settings.only_help) {
        std::fputs(bench::load_help, stdout);
        return 0;
    }
    bench::raise_file_limit();
    if (settings.run.url.empty()) {
        std::make_unique<bench::load_commands>(settings.commands)->run();
        return 0;
    }
    return std::make_unique<bench::load_run>(settings.run)->run() ? 0 : 1;
} catch (const std::invalid_argument& e) {
    std::fprintf(stderr, "load: %s\n", e.what());
    return 2;
} catch (const std::exception& e) {
    std::fprintf(stderr, "load: %s\n", e.what());
    return 1;
}
