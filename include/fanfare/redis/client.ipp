// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_REDIS_CLIENT_IPP
#define FANFARE_REDIS_CLIENT_IPP

#include <fanfare/redis/client.hpp>

namespace fanfare {
namespace detail {

inline redis_result copy_reply(const redis_value& from)
{
    using type = redis_result::type;
    redis_result out;
    switch (from.kind()) {
    case redis_kind::text: out.what = type::text; break;
    case redis_kind::status: out.what = type::status; break;
    case redis_kind::integer: out.what = type::integer; break;
    case redis_kind::array: out.what = type::array; break;
    case redis_kind::error: out.what = type::error; break;
    case redis_kind::nil:
    case redis_kind::other: break;
    }
    out.text = from.text();
    out.integer = from.integer();
    out.elements.reserve(from.size());
    for (std::size_t i = 0; i != from.size(); ++i)
        out.elements.push_back(copy_reply(from[i]));
    return out;
}

// The observers of a connection and its latest state. Only on the strand.
struct redis_observers {
    std::vector<redis_client::state_handler> all;
    std::string problem = "not connected yet";
    bool up = false;

    void notify(bool is_up, const std::string& why)
    {
        up = is_up;
        problem = why;
        for (std::size_t i = 0; i != all.size(); ++i) // one may add another
            redis_client::state_handler{all[i]}(up, problem);
    }
};

} // namespace detail

/// What the copies of a client share.
struct redis_client::state {
    state(const asio::any_io_executor& executor, redis_options options)
        : strand{std::make_shared<detail::bound_strand>(executor)}, pipeline{detail::redis_pipeline::make(
                                                                        strand, std::move(options))},
          observers{std::make_shared<detail::context_bound<detail::redis_observers>>(
              asio::query(executor, asio::execution::context))}
    {
        pipeline->on_link_up = [w = observers] { w->here().notify(true, {}); };
        pipeline->on_link_down = [w = observers](const std::string& why) { w->here().notify(false, why); };
        pipeline->start();
    }
    ~state() { pipeline->stop(); }
    state(const state&) = delete;
    state& operator=(const state&) = delete;

    const std::shared_ptr<detail::bound_strand> strand;
    const std::shared_ptr<detail::redis_pipeline> pipeline;
    const std::shared_ptr<detail::context_bound<detail::redis_observers>> observers;
};

FANFARE_DECL redis_client::redis_client(asio::any_io_executor executor, redis_options options)
    : state_{std::make_shared<state>(executor, std::move(options))}
{}

FANFARE_DECL void redis_client::command(std::span<const std::string_view> args, handler done)
{
    const auto refused = state_->pipeline->send(args, std::move(done));
    if (refused && done) // NOLINT(bugprone-use-after-move): the pipeline leaves the handler of what it refuses
        state_->strand->post([done = std::move(done), refused] { done(refused, {}); });
}

FANFARE_DECL void redis_client::command_first(std::span<const std::string_view> args, handler done)
{
    const auto refused = state_->pipeline->send(args, std::move(done), true);
    if (refused && done) // NOLINT(bugprone-use-after-move): the pipeline leaves the handler of what it refuses
        state_->strand->post([done = std::move(done), refused] { done(refused, {}); });
}

FANFARE_DECL void redis_client::on_state(state_handler observer)
{
    state_->strand->post([w = state_->observers, observer = std::move(observer)] {
        auto& here = w->here();
        here.all.push_back(observer);
        observer(here.up, here.problem);
    });
}

FANFARE_DECL bool redis_client::up() const
{
    return state_->pipeline->ready();
}

FANFARE_DECL asio::any_io_executor redis_client::get_executor() const
{
    return state_->strand->executor();
}

FANFARE_DECL void redis_client::start(const redis_command& line,
                                      std::function<void(error_code, redis_result)> done)
{
    const std::vector<std::string_view> args{line.words().begin(), line.words().end()};
    command(args, [done = std::move(done)](error_code ec, const detail::redis_value& reply) {
        done(ec, detail::copy_reply(reply));
    });
}

} // namespace fanfare

#endif
