// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_REDIS_CLIENT_HPP
#define FANFARE_REDIS_CLIENT_HPP

#include <fanfare/config.hpp>
#include <fanfare/detail/base/context_bound.hpp>
#include <fanfare/detail/redis/pipeline.hpp>
#include <fanfare/link_status.hpp>
#include <fanfare/redis/options.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/associated_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/execution_context.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>

#include <concepts>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace fanfare {

/// What Redis answered, as a value of its own.
struct redis_result {
    enum class type : std::uint8_t { nil, text, status, integer, array, error };
    type what = type::nil;
    /// Of a string, a status or an error.
    std::string text{};
    std::int64_t integer = 0;
    /// Of an array.
    std::vector<redis_result> elements{};

    /// Whether there is no value: what GET answers for a key that is not there.
    bool is_nil() const noexcept { return what == type::nil; }
};

/// The words of a command: `{"SET", "key", value}`, or a vector of strings.
class redis_command {
public:
    /// A command of these words, the first of which is its name.
    redis_command(std::vector<std::string> words) : words_{std::move(words)} {}
    // No std::initializer_list: GCC 12 cannot have one in an expression with co_await.
    /// A command of words that are written out: `redis_command{"SET", "key", value}`. They are copied.
    template <std::convertible_to<std::string_view>... Words>
    requires(sizeof...(Words) != 0) redis_command(const Words&... words)
    {
        words_.reserve(sizeof...(words));
        (words_.emplace_back(std::string_view{words}), ...);
    }

    /// The words, as they are sent.
    const std::vector<std::string>& words() const noexcept { return words_; }

private:
    std::vector<std::string> words_;
};

/// A connection to Redis that keeps itself up, for commands from any thread.
///
/// A handle: copies share one connection, which begins with the first and ends with the last. Commands that come
/// while one turn of the executor lasts leave in one write. While Redis is away they wait, up to the limits of
/// `redis_options`. Runs on a strand of the executor that it is made with; no thread of its own, except the one that
/// Asio resolves host names in. The context may end at any time: what is under way is then dropped.
///
/// A server that turns out to be no primary any more (it answers `READONLY`, `MASTERDOWN` or `LOADING`, or says so when
/// it is asked by `ROLE`, every two seconds while the client is used) is left once it has answered what it was sent; the
/// command that found it out has failed with `redis_failed`, and took no effect.
class redis_client {
public:
    /// Takes a command's fate on the client's strand; the reply lives as long as the call.
    using handler = detail::redis_pipeline::handler;
    /// Told on the client's strand when the connection goes up or down, and why it is down: words, no secret.
    using state_handler = std::function<void(bool up, const std::string& problem)>;

    /// Makes a client that connects at once, on a strand of `executor`. Throws `boost::system::system_error` with
    /// `error::invalid_config` if the options cannot work.
    redis_client(asio::any_io_executor executor, redis_options options);
    /// The same with a URL, as `parse_redis_url` reads it.
    redis_client(asio::any_io_executor executor, std::string_view url)
        : redis_client{std::move(executor), parse_redis_url(url)}
    {}
    /// The same on the executor of `context`.
    template <std::derived_from<asio::execution_context> Context>
    redis_client(Context& context, redis_options options)
        : redis_client{asio::any_io_executor{context.get_executor()}, std::move(options)}
    {}
    /// The same on the executor of `context`, with a URL.
    template <std::derived_from<asio::execution_context> Context>
    redis_client(Context& context, std::string_view url)
        : redis_client{asio::any_io_executor{context.get_executor()}, parse_redis_url(url)}
    {}

    // Copying on purpose: a moved-from handle would be an empty one.
    redis_client(const redis_client&) = default;
    redis_client& operator=(const redis_client&) = default;

    /// Sends a command: `co_await client.async_command({"GET", "key"}, use_awaitable)`. Commands are sent, and
    /// answered, in the order of the calls.
    ///
    /// Parameters: `command`: its words. `token`: any completion token.
    /// Preconditions: the command does not change the order of replies (SUBSCRIBE, MONITOR, CLIENT REPLY), and does
    /// not block (BLPOP, WAIT).
    /// Lifetimes: nothing needs to outlive the call.
    /// Completion: `void(error_code, redis_result)`. With `redis_failed` the result's text is Redis' own.
    /// Executor: the handler's associated executor, by default that of `get_executor`; never before this returns. Once
    /// the context has ended the handler is destroyed without a call.
    /// Errors: `redis_failed`; `bus_unavailable` (never sent: no connection within `redis_options::queue_time`, or the
    /// queue is full while there is none); `queue_full` and `message_too_large` (refused by the limits of
    /// `redis_options`); `delivery_unknown` (sent, and the connection broke).
    /// Cancellation: not supported: a command that was sent cannot be called back.
    /// Thread-safety: thread-safe.
    template <class Token>
    auto async_command(redis_command command, Token&& token)
    {
        return asio::async_initiate<Token, void(error_code, redis_result)>(
            [client = *this](auto done, const redis_command& c) mutable { client.initiate(std::move(done), c); },
            token, std::move(command));
    }

    /// Sends a command; what the adapters use, since it copies no reply.
    ///
    /// Parameters: `args`: its words. `done`: may be empty.
    /// Preconditions: as for `async_command`.
    /// Lifetimes: `args` need to live only as long as the call; the reply lives as long as the call of `done`.
    /// Completion: `void(error_code, const detail::redis_value&)`, once.
    /// Executor: `done` is called on the client's strand, never before this returns. It is destroyed without a call if
    /// the context ends first.
    /// Errors: as for `async_command`.
    /// Cancellation: not supported.
    /// Thread-safety: thread-safe.
    void command(std::span<const std::string_view> args, handler done);
    /// The same with words that are written out.
    void command(std::initializer_list<std::string_view> args, handler done)
    {
        command(std::span{args.begin(), args.size()}, std::move(done));
    }

    /// The same, ahead of all commands that wait, and never later than the present connection: fails with
    /// `bus_unavailable` if there is none. For what those that wait rely on, sent by an observer. Thread-safe.
    void command_first(std::span<const std::string_view> args, handler done);

    /// The same, for what must not wait while Redis is away: once an attempt to connect has failed, it fails with
    /// `bus_unavailable` at once. While the first attempt is under way (the client is new, or its connection has just
    /// broken) it waits. Thread-safe.
    void command_now(std::span<const std::string_view> args, handler done);
    /// The same with words that are written out.
    void command_now(std::initializer_list<std::string_view> args, handler done)
    {
        command_now(std::span{args.begin(), args.size()}, std::move(done));
    }

    /// Adds an observer of the connection for as long as it lives; it is told the present state first. It must not
    /// hold a copy of this client, or neither would ever end. Thread-safe.
    void on_state(state_handler observer);
    /// The same for as long as `owner` lives. Thread-safe.
    void on_state(const std::weak_ptr<const void>& owner, state_handler observer);

    /// Closes the connection as soon as no command waits or is under way, so that it does not keep
    /// `io_context::run` from returning: until the next command, or a call of `status`, which have it connect again. A hub
    /// calls it when it has shut down, for the clients of its stores; call it yourself for a client that no hub uses, or
    /// destroy all of its copies.
    ///
    /// From the call on, what is under way has `redis_options::response_timeout` in all, however much of the answers
    /// arrives meanwhile; then it fails with `delivery_unknown`, as if the connection had broken. What waits to be
    /// sent has `queue_time` for that, and `response_timeout` once it is sent. After a later command the client rests
    /// again by itself, when it has been idle for a second; after a call of `status` it stays connected. Thread-safe.
    void rest() const;

    /// Whether commands leave at once. Thread-safe.
    bool up() const;

    /// Whether commands leave at once, and in words, without a secret, why they do not. Has the server asked whether it
    /// is still a primary, if that was not known for two seconds: what the answer says is seen by the next call.
    /// Thread-safe.
    link_status status() const;

    /// The executor that the client was made with; an empty one once its context has ended. Thread-safe.
    asio::any_io_executor get_executor() const;

private:
    struct state;

    // Calls `done` with a result of its own.
    template <class Done>
    void initiate(Done done, const redis_command& command);

    void send(std::span<const std::string_view> args, handler done, detail::redis_urgency how) const;
    void start(const redis_command& command, std::function<void(error_code, redis_result)> done);

    std::shared_ptr<state> state_;
};

template <class Done>
void redis_client::initiate(Done done, const redis_command& command)
{
    const auto own = get_executor();
    if (!own)
        return; // as the context drops what was under way in it
    const auto executor = asio::get_associated_executor(done, own);
    const auto work = asio::make_work_guard(executor);
    const auto shared = std::make_shared<Done>(std::move(done)); // a std::function must be copyable
    start(command, [shared, executor, work](error_code ec, redis_result result) {
        asio::post(executor, [shared, ec, result = std::move(result)]() mutable {
            auto call = std::move(*shared);
            std::move(call)(ec, std::move(result));
        });
    });
}

} // namespace fanfare

#if defined(FANFARE_HEADER_ONLY)
#include <fanfare/redis/client.ipp>
#endif

#endif
