// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_TLS_TLS_STATE_IPP
#define FANFARE_DETAIL_TLS_TLS_STATE_IPP

#include <fanfare/detail/tls/openssl_engine.hpp>
#include <fanfare/detail/tls/tls_state.hpp>

#include <utility>

namespace fanfare::detail {

// How long the keys of session tickets are kept. Whoever has them can read the sessions of TLS 1.2 that they were for
// (RFC 9325 section 3.4).
inline constexpr std::chrono::hours ticket_key_life{24};

inline std::shared_ptr<tls_context_set> set_of(SSL_CTX* context)
{
    if (!context)
        fail_tls_config("the context is null");
    SSL_CTX_up_ref(context);
    ssl_ctx_ptr owned{context};
    auto made = std::make_shared<tls_context_set>();
    made->contexts.push_back(std::move(owned));
    return made;
}

FANFARE_DECL tls_state::tls_state(tls_options options)
    : options_{std::move(options)}, read_{stamps()}, current_{make_context_set(options_)}
{}

FANFARE_DECL tls_state::tls_state(SSL_CTX* context) : current_{set_of(context)} {}

FANFARE_DECL std::unique_ptr<tls_engine> tls_state::make_engine()
{
    const std::lock_guard lock{mutex_};
    return std::make_unique<openssl_engine>(current_);
}

FANFARE_DECL std::vector<file_stamp> tls_state::stamps() const
{
    std::vector<file_stamp> all;
    for (const auto& one : options_.certificates) {
        all.push_back(stamp_of(one.chain_file));
        all.push_back(stamp_of(one.key_file));
    }
    if (!options_.client_ca_file.empty())
        all.push_back(stamp_of(options_.client_ca_file));
    return all;
}

FANFARE_DECL void tls_state::reload()
{
    if (!reads_files())
        fail_tls_config("a context of the application's own is not read from files");
    const std::lock_guard one_at_a_time{reloading_};
    const auto stamps_before = stamps(); // a change while they are read is seen as one afterwards
    auto made = make_context_set(options_);
    const std::lock_guard lock{mutex_};
    if (std::chrono::steady_clock::now() - keys_made_ < ticket_key_life)
        share_ticket_keys(*current_, *made);
    else
        keys_made_ = std::chrono::steady_clock::now();
    current_ = std::move(made);
    read_ = stamps_before;
}

FANFARE_DECL void tls_state::reload(SSL_CTX* context)
{
    if (reads_files())
        fail_tls_config("a context that is read from files takes none of OpenSSL's");
    auto made = set_of(context);
    const std::lock_guard lock{mutex_};
    current_ = std::move(made);
}

FANFARE_DECL bool tls_state::files_changed() const
{
    const auto now = stamps();
    const std::lock_guard lock{mutex_};
    return now != read_;
}

} // namespace fanfare::detail

#endif
