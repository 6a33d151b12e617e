// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_TESTS_FUZZ_QUIET_BUS_HPP
#define FANFARE_TESTS_FUZZ_QUIET_BUS_HPP

#include "require.hpp"

#include <fanfare/bus.hpp>
#include <fanfare/detail/redis/bus_core.hpp>
#include <fanfare/detail/redis/bus_session.hpp>
#include <fanfare/detail/redis/incoming.hpp>
#include <fanfare/detail/wire/utf8.hpp>

#include <boost/asio/io_context.hpp>

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

namespace fanfare::test {

using namespace fanfare::detail;

struct quiet_sink final : bus_sink {
    error_code check_capacity(const bus_message&) noexcept override { return {}; }
    void deliver(const bus_message& m) override
    {
        ++delivered;
        const bool for_clients = m.what != bus_message::kind::control;
        require(!for_clients || (is_utf8(m.body) && m.body.starts_with('{')),
                "clients get text that is an object");
    }
    void joined(std::string_view) override {}
    void missed(std::string_view) override { ++missed_count; }
    void changed(const bus_status&) override {}
    std::size_t delivered = 0, missed_count = 0;
};

// A bus whose executor never runs, so that it never connects.
struct quiet_bus {
    static quiet_bus& get()
    {
        static auto& it = *new quiet_bus;
        return it;
    }
    quiet_bus() { core->attach(receiver); }

    void check(const std::string& channel, std::string_view body)
    {
        const auto& count = core->count;
        const auto before = count.malformed + receiver.delivered + receiver.missed_count;
        const auto received = count.received.load();
        incoming.deliver(channel, body);
        require(count.received == received + 1, "each message is counted");
        const bool to_all = channel == core->names.broadcast || channel == core->names.control;
        require(!to_all || count.malformed + receiver.delivered + receiver.missed_count == before + 1,
                "each message is delivered, or counted as malformed");
    }

    asio::io_context context;
    std::shared_ptr<redis_bus_core> core =
        std::make_shared<redis_bus_core>(context.get_executor(), redis_options{}, redis_bus_options{});
    std::shared_ptr<redis_bus_session> session = redis_bus_session::make(core, context.get_executor());
    redis_incoming incoming{*core, *session};
    quiet_sink receiver;
};

} // namespace fanfare::test

#endif
