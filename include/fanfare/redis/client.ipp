// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_REDIS_CLIENT_IPP
#define FANFARE_REDIS_CLIENT_IPP

#include <fanfare/detail/redis/login.hpp>
#include <fanfare/redis/client.hpp>

#include <atomic>
#include <chrono>
#include <limits>
#include <mutex>
#include <optional>

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

// The observers of a connection and its latest state. Only on the strand, but for `status`.
struct redis_observers {
    struct observer {
        std::optional<std::weak_ptr<const void>> owner; // it lives as long; none: as long as the client
        redis_client::state_handler told;

        bool ended() const { return owner && owner->expired(); }
    };
    void add(observer one)
    {
        std::erase_if(all_, [](const auto& o) { return o.ended(); });
        all_.push_back(one);
        const auto now = status();
        if (!one.ended())
            one.told(now.up, now.problem);
    }
    void notify(link_status now)
    {
        {
            const std::lock_guard lock{mutex_};
            status_ = now;
        }
        const auto present = all_; // one may add another
        for (const auto& one : present)
            if (!one.ended())
                one.told(now.up, now.problem);
    }
    // Thread-safe.
    link_status status() const
    {
        const std::lock_guard lock{mutex_};
        return status_;
    }

private:
    std::vector<observer> all_;
    mutable std::mutex mutex_;
    link_status status_{false, "not connected yet"};
};

// Finds out in time that a server has become a replica, which READONLY does not tell to who only reads. Thread-safe.
class redis_role_watch : public std::enable_shared_from_this<redis_role_watch> {
public:
    // Asks, if it was not asked lately.
    void look(redis_pipeline& pipeline)
    {
        const auto now = steady_ms();
        auto due = due_.load(std::memory_order_relaxed);
        if (now < due || !due_.compare_exchange_strong(due, now + interval))
            return;
        const auto answered = [self = shared_from_this(),
                               to = pipeline.weak_from_this()](error_code ec, const redis_value& reply) {
            const auto alive = to.lock();
            if (ec == error::redis_failed) // not permitted, or a proxy
                self->due_ = std::numeric_limits<std::int64_t>::max();
            else if (alive && !ec && is_replica(reply))
                alive->leave("has become a replica");
        };
        (void)pipeline.send({"ROLE"}, answered, redis_urgency::urgent); // refused without a link: its login asks
    }
    void on_link_up() { due_ = steady_ms() + interval; }

private:
    static std::int64_t steady_ms()
    {
        using namespace std::chrono;
        return duration_cast<milliseconds>(steady_clock::now().time_since_epoch()).count();
    }

    static constexpr std::int64_t interval = 2000; // milliseconds
    std::atomic<std::int64_t> due_{0};
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
        pipeline->on_link_up = [w = observers, role = role] {
            role->on_link_up();
            w->here().notify({});
        };
        pipeline->on_link_down = [w = observers](const std::string& why) { w->here().notify({false, why}); };
        pipeline->start();
    }
    ~state() { pipeline->stop(); }
    state(const state&) = delete;
    state& operator=(const state&) = delete;

    const std::shared_ptr<detail::bound_strand> strand;
    const std::shared_ptr<detail::redis_pipeline> pipeline;
    const std::shared_ptr<detail::context_bound<detail::redis_observers>> observers;
    const std::shared_ptr<detail::redis_role_watch> role = std::make_shared<detail::redis_role_watch>();
};

FANFARE_DECL redis_client::redis_client(asio::any_io_executor executor, redis_options options)
    : state_{std::make_shared<state>(executor, std::move(options))}
{}

FANFARE_DECL void redis_client::send(std::span<const std::string_view> args, handler done,
                                     detail::redis_urgency how) const
{
    state_->role->look(*state_->pipeline);
    const auto refused = state_->pipeline->send(args, std::move(done), how);
    if (refused && done) // NOLINT(bugprone-use-after-move): the pipeline leaves the handler of what it refuses
        state_->strand->post([done = std::move(done), refused] { done(refused, {}); });
}

FANFARE_DECL void redis_client::command(std::span<const std::string_view> args, handler done)
{
    send(args, std::move(done), detail::redis_urgency::waits);
}

FANFARE_DECL void redis_client::command_first(std::span<const std::string_view> args, handler done)
{
    send(args, std::move(done), detail::redis_urgency::urgent);
}

FANFARE_DECL void redis_client::command_now(std::span<const std::string_view> args, handler done)
{
    send(args, std::move(done), detail::redis_urgency::prompt);
}

FANFARE_DECL void redis_client::on_state(state_handler observer)
{
    state_->strand->post([w = state_->observers, observer = std::move(observer)] {
        w->here().add({std::nullopt, observer});
    });
}

FANFARE_DECL void redis_client::on_state(const std::weak_ptr<const void>& owner, state_handler observer)
{
    state_->strand->post([w = state_->observers, owner, observer = std::move(observer)] {
        w->here().add({owner, observer});
    });
}

FANFARE_DECL void redis_client::rest() const
{
    state_->pipeline->rest();
}

FANFARE_DECL bool redis_client::up() const
{
    return state_->pipeline->ready();
}

FANFARE_DECL link_status redis_client::status() const
{
    state_->pipeline->wake();
    state_->role->look(*state_->pipeline);
    link_status out{false, "its context has ended"};
    state_->observers->with([&out](const detail::redis_observers& now) { out = now.status(); });
    if (out.up && !up())
        return {false, "the server has just said that it is no primary"};
    return out;
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
