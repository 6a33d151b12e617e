// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_TESTS_SUPPORT_HELD_STORE_HPP
#define FANFARE_TESTS_SUPPORT_HELD_STORE_HPP

#include <fanfare/error.hpp>
#include <fanfare/store.hpp>
#include <fanfare/store/memory.hpp>

#include <atomic>
#include <cstddef>
#include <deque>
#include <functional>
#include <limits>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>

namespace fanfare::test {

// A memory store whose reads wait while the test says so, or find it away; it counts what is read. With a link that the
// test puts down. Copies are one store.
class held_store {
public:
    enum class reads { of_messages, all };

    // Which reads wait, are refused and are counted; the others ask only where a room is, and are answered.
    explicit held_store(reads which) : state_{std::make_shared<state>()} { state_->which = which; }
    held_store() : held_store{reads::of_messages} {}

    void async_append(history_append message, append_done done)
    {
        state_->real.async_append(std::move(message), std::move(done));
    }
    void async_read(std::string_view room, const history_query& query, history_done done)
    {
        if (query.limit == 0 && state_->which == reads::of_messages)
            return state_->real.async_read(room, query, std::move(done));
        if (state_->left.fetch_sub(1) <= 0) {
            ++state_->refused;
            return done(error::bus_unavailable, {});
        }
        ++state_->begun;
        auto read = [all = state_.get(), name = std::string{room}, query, done = std::move(done)] {
            all->real.async_read(name, query, [&](error_code ec, history_page page) {
                for (const auto& m : page.messages)
                    all->bytes += m.body.size() + m.key.size();
                done(ec, std::move(page));
            });
        };
        {
            const std::lock_guard lock{state_->mutex};
            if (state_->holding) {
                state_->held.push_back(std::move(read));
                return;
            }
        }
        read();
    }
    link_status status() const
    {
        const std::lock_guard lock{state_->mutex};
        return state_->link;
    }

    // From now on reads wait; from now on they do not, and those that wait are answered, as of now.
    void hold()
    {
        const std::lock_guard lock{state_->mutex};
        state_->holding = true;
    }
    void release()
    {
        for (const auto& one : take(true))
            one();
    }
    // Those that wait now are answered; others go on waiting.
    void answer_held()
    {
        for (const auto& one : take(false))
            one();
    }
    // It is away after so many reads.
    void leave_after(int more) { state_->left = more; }
    void come_back() { state_->left = std::numeric_limits<int>::max(); }
    void put_down(link_status now)
    {
        const std::lock_guard lock{state_->mutex};
        state_->link = std::move(now);
    }

    std::size_t held() const
    {
        const std::lock_guard lock{state_->mutex};
        return state_->held.size();
    }
    std::size_t begun() const { return state_->begun; } // reads that were not refused
    std::size_t refused() const { return state_->refused; }
    std::size_t bytes() const { return state_->bytes; } // of the messages that were read

private:
    using waiting = std::deque<std::function<void()>>;
    struct state {
        memory_store real;
        reads which{};
        mutable std::mutex mutex;
        bool holding = false;
        waiting held;
        link_status link;
        std::atomic<int> left{std::numeric_limits<int>::max()};
        std::atomic<std::size_t> begun{0}, refused{0}, bytes{0};
    };

    waiting take(bool all_to_come)
    {
        const std::lock_guard lock{state_->mutex};
        state_->holding = state_->holding && !all_to_come;
        return std::exchange(state_->held, {});
    }

    std::shared_ptr<state> state_;
};

} // namespace fanfare::test

#endif
