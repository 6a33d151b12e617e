// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_TLS_TLS_STATE_HPP
#define FANFARE_DETAIL_TLS_TLS_STATE_HPP

#include <fanfare/config.hpp>
#include <fanfare/detail/base/file_stamp.hpp>
#include <fanfare/detail/net/tls_engine.hpp>
#include <fanfare/detail/tls/context_set.hpp>
#include <fanfare/tls_options.hpp>

#include <chrono>
#include <memory>
#include <mutex>
#include <vector>

namespace fanfare::detail {

/// What a `tls_context` is a handle of. Thread-safe.
class tls_state final : public tls_engine_factory {
public:
    explicit tls_state(tls_options options);
    explicit tls_state(SSL_CTX* context);

    std::unique_ptr<tls_engine> make_engine() override;
    void reload();
    void reload(SSL_CTX* context);
    bool files_changed() const;
    bool reads_files() const noexcept { return !options_.certificates.empty(); }

private:
    std::vector<file_stamp> stamps() const;

    const tls_options options_; // empty for a context that the application has made
    std::mutex reloading_;      // one after the other, so that the last one has the last word
    mutable std::mutex mutex_;
    std::vector<file_stamp> read_; // guarded by `mutex_`, as is what follows; made before the files are read
    std::shared_ptr<tls_context_set> current_;
    std::chrono::steady_clock::time_point keys_made_ = std::chrono::steady_clock::now(); // those of the tickets
};

} // namespace fanfare::detail

#if defined(FANFARE_HEADER_ONLY)
#include <fanfare/detail/tls/tls_state.ipp>
#endif

#endif
