// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_TESTS_SUPPORT_SCRIPTED_BUS_HPP
#define FANFARE_TESTS_SUPPORT_SCRIPTED_BUS_HPP

#include "support/world.hpp"

#include <atomic>
#include <deque>
#include <mutex>
#include <set>

namespace fanfare::test {

// A bus that acknowledges and confirms only when the test says so.
class scripted_bus {
public:
    scripted_bus() : state_{std::make_shared<state>()} {}

    void attach(bus_sink& sink)
    {
        const std::lock_guard lock{state_->mutex};
        state_->sink = &sink;
    }
    void detach(bus_sink&)
    {
        const std::lock_guard lock{state_->mutex};
        state_->sink = nullptr;
    }
    bus_receipt publish(const bus_message& message, bus_done done)
    {
        const std::lock_guard lock{state_->mutex};
        if (message.what == bus_message::kind::control) {
            state_->commands.emplace_back(message.body);
            if (done)
                state_->asked.push_back(std::move(done));
            return {};
        }
        if (state_->refuse)
            return {error::bus_unavailable};
        state_->published.emplace_back(message.channel, std::string{message.body});
        if (done)
            state_->unconfirmed.push_back(std::move(done));
        return {.dispatched_to_cluster = true};
    }
    bool join(bus_sink&, std::string_view room)
    {
        const std::lock_guard lock{state_->mutex};
        return !state_->joining.insert(std::string{room}).second;
    }
    void leave(bus_sink&, std::string_view room)
    {
        const std::lock_guard lock{state_->mutex};
        state_->joining.erase(std::string{room});
    }

    bool joining(const std::string& room)
    {
        const std::lock_guard lock{state_->mutex};
        return state_->joining.contains(room);
    }
    std::size_t published()
    {
        const std::lock_guard lock{state_->mutex};
        return state_->published.size();
    }
    bus_sink& sink() { return *state_->sink; }
    void arrive(const std::string& room, const std::string& body)
    {
        sink().deliver({.channel = room, .body = body});
    }
    void command(const std::string& text) { sink().deliver({.what = bus_message::kind::control, .body = text}); }
    std::optional<std::string> next_command()
    {
        const std::lock_guard lock{state_->mutex};
        if (state_->commands.empty())
            return std::nullopt;
        auto first = std::move(state_->commands.front());
        state_->commands.pop_front();
        return first;
    }
    void confirm(const bus_receipt& fate)
    {
        const auto done = take(state_->unconfirmed);
        done(fate);
    }
    void confirm_command(const bus_receipt& fate)
    {
        const auto done = take(state_->asked);
        done(fate);
    }
    void refuse() { state_->refuse = true; }

private:
    struct state {
        std::mutex mutex;
        bus_sink* sink = nullptr;
        std::set<std::string> joining;
        std::vector<std::pair<std::string, std::string>> published;
        std::deque<bus_done> unconfirmed;
        std::deque<bus_done> asked;
        std::deque<std::string> commands;
        std::atomic<bool> refuse{false};
    };
    bus_done take(std::deque<bus_done>& from)
    {
        const std::lock_guard lock{state_->mutex};
        auto first = std::move(from.at(0));
        from.pop_front();
        return first;
    }
    std::shared_ptr<state> state_;
};
static_assert(bus<scripted_bus>);

template <class T>
error_code code_of(std::future<T>& answer)
{
    try {
        answer.get();
        return {};
    } catch (const boost::system::system_error& e) {
        return e.code();
    }
}

struct scripted_world {
    scripted_bus bus;
    basic_world<scripted_bus> w;
    explicit scripted_world(hub_options options = {}, std::size_t shards = 1) : w{options, shards, bus}
    {
        w.serve();
    }
};

} // namespace fanfare::test

#endif
