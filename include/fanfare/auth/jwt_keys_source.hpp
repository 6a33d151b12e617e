// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_AUTH_JWT_KEYS_SOURCE_HPP
#define FANFARE_AUTH_JWT_KEYS_SOURCE_HPP

#include <fanfare/auth/jwt_keys.hpp>
#include <fanfare/config.hpp>

#include <boost/asio/any_io_executor.hpp>

#include <chrono>
#include <cstddef>
#include <exception>
#include <functional>
#include <memory>
#include <string>

namespace fanfare {

/// Takes the text of a key set, or the reason why there is none. Call it from any thread, at once or later, once: later
/// calls are ignored, and so is an answer that comes later than `jwt_keys_source_options::timeout`.
using jwt_keys_fetched = std::function<void(error_code, std::string jwks)>;

/// How a `jwt_keys_source` asks, and whom it tells.
struct jwt_keys_source_options {
    /// Fetches the key set, by an HTTP client of the application's: `GET` of the provider's `jwks_uri`, over TLS with
    /// its certificate checked. Called on the source's executor, one call at a time. What it throws counts as an error.
    /// Not empty.
    ///
    /// It begins to fetch, returns at once, and answers later: while it runs no deadline passes, and `stop` waits for
    /// it.
    std::function<void(jwt_keys_fetched)> fetch{};
    /// Called on the source's executor after each answer: null if these keys are used from now on; else what was wrong,
    /// and the keys before still are used. What it throws leaves the executor, as from any handler of Asio's. Not
    /// empty: a source that fails must be noticed before the provider changes its keys.
    std::function<void(std::exception_ptr)> on_refresh{};
    /// From one answer to the next question, whether a token names an unknown key or not. At least `least_interval`.
    std::chrono::milliseconds interval = std::chrono::minutes{15};
    /// Tokens with an unknown key cause a question at most once in this time: anybody can make up a `kid`. Above 0, at
    /// most 1 day.
    std::chrono::milliseconds least_interval = std::chrono::seconds{60};
    /// From a failure to the next question. Above 0, at most 1 day.
    std::chrono::milliseconds retry = std::chrono::seconds{10};
    /// How long `fetch` may take: less than the time that handshakes have (`endpoint_options::timeout`, 10 s), so that
    /// who waits is told. Above 0, at most 60 s.
    std::chrono::milliseconds timeout = std::chrono::seconds{5};
    /// Tokens that wait for an answer, at most; more are refused as if the source had failed. Above 0.
    std::size_t max_waiting = 1000;
};

/// Keeps a `jwt_keys` up to date from wherever the application fetches key sets: at the start, at an interval, and when
/// a token names a key that is not known, so that providers can rotate their keys at any time.
///
/// A token with an unknown `kid` waits for the answer and is checked again. Where the provider has been asked shortly
/// before, it is refused at once. Keys of kind `oct` are left out (`jwt_keys::skipped`): a secret is not fetched from
/// where others can fetch it, too.
/// @code
/// fanfare::jwt_keys keys;
/// fanfare::jwt_keys_source source{io.get_executor(), keys, {.fetch = ..., .on_refresh = ...}};
/// server_options.authenticate = fanfare::jwt_authenticator{keys, {.issuers = {"https://id.example.com/"}}};
/// @endcode
class jwt_keys_source {
public:
    /// Asks for the first time at once, on the executor.
    ///
    /// @param executor Where it runs, maybe on several threads; its context outlives the source.
    /// @param keys What is kept up to date; it has one source at a time. The source keeps it.
    /// Throws `boost::system::system_error` (`error::invalid_config`) for an option that is out of its range, or an
    /// empty function.
    jwt_keys_source(const asio::any_io_executor& executor, jwt_keys keys, jwt_keys_source_options options);
    /// Ends it, as `stop` does.
    ~jwt_keys_source();
    /// Asks no more: so that `io_context::run` can return. Tokens that wait are refused
    /// (`jwt_error::keys_unavailable`), in this thread; their handlers must not throw: what they throw is lost. The
    /// keys stay, and tokens of others are `jwt_error::unknown_key` from now on.
    ///
    /// When this has returned `fetch` and `on_refresh` are not called any more: it waits for a call in another thread,
    /// so hold no lock that these, or the handlers of tokens, want. Later calls do nothing. Thread-safe.
    void stop();
    /// Asks now, unless a question is under way. Thread-safe.
    void refresh();
    jwt_keys_source(const jwt_keys_source&) = delete;
    jwt_keys_source& operator=(const jwt_keys_source&) = delete;

private:
    class impl;

    std::shared_ptr<impl> impl_;
};

} // namespace fanfare

#if defined(FANFARE_HEADER_ONLY)
#include <fanfare/auth/jwt_keys_source.ipp>
#endif

#endif
