// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_PUBLISH_STORED_PUBLISH_IPP
#define FANFARE_DETAIL_PUBLISH_STORED_PUBLISH_IPP

// A publish into a room with history: first the store, then the bus.

#include <fanfare/detail/base/initiating_call.hpp>
#include <fanfare/detail/publish/publisher.hpp>
#include <fanfare/detail/wire/envelope.hpp>

#include <memory>
#include <optional>
#include <string>
#include <utility>

namespace fanfare::detail {

// One on its way. The store may answer within the call, or later on any thread.
struct stored_publish : std::enable_shared_from_this<stored_publish> {
    publisher* owner = nullptr;
    std::shared_ptr<void> hub; // keeps the owner
    room_ptr known;
    std::string room;
    std::size_t receivers = 0;
    std::int64_t called_ns = 0;
    std::uint8_t in_namespace = 0;
    publish_done done;
    initiating_call call;
    std::optional<receipt> early; // what came within the call

    const publisher_parts& parts() const noexcept { return owner->parts_; }

    void stored(const append_answer& answer)
    {
        receipt out{.error = answer.error,
                    .local_receivers = receivers,
                    .position = answer.at,
                    .duplicate = answer.duplicate};
        if (out.error) {
            parts().count.store_failures.add();
            out.position = {};
            return tell(out, true);
        }
        if (answer.duplicate)
            return tell(out, true);
        parts().count.published.add(in_namespace);
        if (answer.published) {
            out.nodes = answer.nodes;
            out.dispatched_to_cluster = answer.nodes != std::size_t{0};
            return tell(out, true);
        }
        send(*answer.message, out);
    }

    void send(const stored_message& message, receipt out)
    {
        const auto encoded = encode_stored(message.body, {.room = room,
                                                          .key = message.key,
                                                          .except = message.except,
                                                          .at = out.position,
                                                          .published_ns = called_ns});
        bus_done told;
        if (done)
            told = [self = shared_from_this(), out](const bus_receipt& fate) mutable {
                out.error = fate.error;
                out.nodes = fate.nodes;
                out.dispatched_to_cluster = fate.dispatched_to_cluster && fate.nodes != std::size_t{0};
                if (fate.error)
                    self->parts().delivery.missed(self->room);
                self->done(out);
            };
        const auto taken = parts().bus.publish({.what = bus_message::kind::room,
                                                .channel = room,
                                                .body = encoded->payload(),
                                                .key = message.key,
                                                .except = message.except,
                                                .at = out.position,
                                                .encoded = encoded.get(),
                                                .origin = &parts().origin,
                                                .origin_room = known.get()},
                                               std::move(told));
        out.dispatched_to_cluster = taken.dispatched_to_cluster;
        if (taken.error) {
            out.error = taken.error;
            parts().delivery.missed(room); // it is in the history: the members here get it from there
        }
        tell(out, taken.error.failed());
    }

    // `last`: the bus will not tell more.
    void tell(const receipt& out, bool last)
    {
        const bool within = call.is_inside();
        if (within)
            early = out;
        if (within && out.error)
            return;
        if (last && done)
            done(out);
        else if (out.error && !done)
            owner->tell_failed(room, out.error);
    }
};

FANFARE_DECL receipt publisher::publish_stored(std::string_view room, const room_ptr& known,
                                               const namespace_rules& rules, history_append message,
                                               std::int64_t called_ns, publish_done done)
{
    // What the bus would refuse must not be stored.
    if (const auto ec = check_capacity(message.message.body.size()))
        return refused(static_cast<error>(ec.value()));
    message.limits = limits_of(rules);
    const auto op = std::make_shared<stored_publish>();
    op->owner = this;
    op->hub = parts_.life.keep();
    op->known = known;
    op->room = room;
    op->receivers = known ? known->total.load() : 0;
    op->called_ns = called_ns;
    op->in_namespace = rules.number;
    op->done = std::move(done);
    parts_.store.async_append(std::move(message), [op](const append_answer& answer) { op->stored(answer); });
    op->call.returned();
    if (!op->early)
        return {.local_receivers = op->receivers};
    if (op->early->error)
        parts_.count.publish_refused.add(op->early->error);
    return *op->early;
}

FANFARE_DECL void publisher::tell_failed(const std::string& room, const error_code& why)
{
    parts_.shards.first().post([&handlers = parts_.handlers, room, why](shard& first) {
        handlers.call(first, handlers.on_publish_failed, room, why);
    });
}

} // namespace fanfare::detail

#endif
