// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_TESTS_TLS_TLS_WORLD_HPP
#define FANFARE_TESTS_TLS_TLS_WORLD_HPP

// What the tests of a server with TLS share.
#include "support/world.hpp"
#include "tls/tls_client.hpp"

#include <fanfare/ssl.hpp>

#include <boost/system/system_error.hpp>

namespace fanfare::test {

// A hub whose server has a certificate for `localhost`.
struct tls_world {
    explicit tls_world(hub_options options = {}, std::size_t shards = 1) : w{options, shards}
    {
        w.hub().configure("chat:", {});
    }

    void serve(server_options options = {})
    {
        options.tls = tls;
        w.serve(std::move(options));
    }

    test_authority authority;
    test_authority::files files = authority.issue("server", "localhost", {"localhost"});
    tls_context tls{tls_options{.certificates = {{files.chain, files.key}}}};
    world w;
};

inline std::string failure_of(const std::function<void()>& f)
{
    try {
        f();
    } catch (const boost::system::system_error& e) {
        return e.what();
    }
    return {};
}

} // namespace fanfare::test

#endif
