// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_BUS_HPP
#define FANFARE_BUS_HPP

#include <fanfare/config.hpp>
#include <fanfare/detail/base/port_observer.hpp>
#include <fanfare/error.hpp>
#include <fanfare/fwd.hpp>
#include <fanfare/position.hpp>

#include <boost/system/error_code.hpp>

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace fanfare {

/// What a bus carries between hubs. The views live as long as the call they are passed to.
struct bus_message {
    enum class kind : std::uint8_t {
        room,      ///< `body` is an envelope for the members of `channel`.
        broadcast, ///< `body` is an envelope for every connection; `channel` is empty.
        control,   ///< `body` is a command between hubs; `channel` is empty.
    };
    kind what = kind::room;
    /// The room, or empty; see `kind`.
    std::string_view channel{};
    /// JSON text.
    std::string_view body{};
    /// The conflation key, if any.
    std::string_view key{};
    /// The connection that does not get it, as a number that is unique in the cluster; 0 for none.
    std::uint64_t except = 0;
    /// In a room with history: the message's place there, which `body` names too. Such a message is stored already, so
    /// a bus within the process does not refuse it: a sink that has no room for it is told `missed`, and reads the
    /// history.
    position at{};
    /// Hubs of this process that get it, at least 1. Set by the bus for the commands that it delivers.
    std::size_t hubs = 1;
    /// For buses within the process, which pass them on unchanged (a bus between processes leaves them null at the
    /// receiver): the frame that holds `body`, so that it is encoded once.
    const detail::frame* encoded = nullptr;
    /// The hub that publishes, and its own record of the room, which spares it a look-up.
    const bus_sink* origin = nullptr;
    detail::room_state* origin_room = nullptr;
};

/// How a bus stands with the other processes.
struct bus_status {
    /// The bus has its link to the other processes.
    bool up = true;
    /// Why it is down, in words, without any secret.
    std::string problem{};
};

/// A hub, as the bus sees it: what a bus calls. Every function may be called from any thread; none blocks, or calls the
/// application.
class bus_sink {
public:
    /// Checks whether the hub has room for `message` now: no error, or `queue_full` under backpressure. To be called
    /// before `deliver`, so that a message can be refused before anybody has it.
    virtual error_code check_capacity(const bus_message& message) noexcept = 0;
    /// Takes a message for the local members.
    virtual void deliver(const bus_message& message) = 0;
    /// The answer to a `join` that returned false: from now on this hub gets the room's messages. Or the bus went down
    /// meanwhile; then `missed` follows when it gets them.
    virtual void joined(std::string_view room) = 0;
    /// This hub may lack messages of the room, between those delivered before and those delivered after. An empty name
    /// means broadcasts.
    virtual void missed(std::string_view room) = 0;
    /// The bus lost its link to the other processes, or has it again. A bus that never calls it counts as up.
    virtual void changed(const bus_status& status) = 0;

protected:
    ~bus_sink() = default;
};

/// What a bus answers to a publish.
struct bus_receipt {
    /// From `publish`: the message was refused, and nobody gets it. To `bus_done`: `bus_unavailable` (it was never
    /// sent) or `delivery_unknown` (it may have reached some).
    error_code error{};
    /// The message is on its way to other processes.
    bool dispatched_to_cluster = false;
    /// How many other hubs or processes were sent it, where the bus knows; only to `bus_done`.
    std::optional<std::size_t> nodes{};
};

/// Takes what became of a publish. Called from any thread, once. It must not throw: an exception ends the program
/// where `any_bus` answers for one that the bus has destroyed. The hub's own does not: it posts the application's to
/// its executor.
using bus_done = std::function<void(const bus_receipt&)>;

/// What a bus has measured of itself since it was made; see `bus`.
struct bus_metrics {
    /// How long messages took that the bus has sent to itself by way of the other processes' server: the upper bounds of
    /// the buckets, in seconds, inclusive and growing.
    std::vector<double> round_trip_bounds{};
    /// How many took so long, by bucket, not cumulative: one more than bounds, the last for all above. Empty: nothing is
    /// measured.
    std::vector<std::uint64_t> round_trips{};
    /// All of them together, in seconds.
    double round_trip_seconds = 0;
};

/// Carries messages between hubs. Copies are handles of one bus.
///
/// What it must guarantee is docs/adapter_contracts.md, clauses B1 to B18: what is in force when `attach` and `join`
/// return, one order a channel, what is told of losses, which locks may be held. `testing/bus_conformance.hpp` checks it
/// and names the clause that is broken.
///
/// - `attach(sink)` (B1), `detach(sink)` (B2): from now on the sink may be called; once `detach` has returned, it is not
///   called any more.
/// - `publish(message, done)` (B5 to B12): takes a message, or refuses it at once in the receipt. `done`, which may be
///   empty, is called once with what became of a message that was taken, maybe before `publish` returns.
/// - `join(sink, room)` (B3): the sink wants the room's messages. True if it gets them from now on; false if `joined`
///   will tell it when. `leave(sink, room)` (B4): it wants them no more. Both are called under a lock (B14): they must
///   not call the sink.
///
/// All but `publish` must not throw: a hub cannot do without them. What they throw leaves the executor's `run`.
///
/// Thread-safety: every function may be called from any thread.
/// A bus that measures itself may have `bus_metrics metrics() const`, which `hub::collect` asks from any thread; it must
/// not throw or block, nor use its link.
/// A bus that connects several processes says `static constexpr bool between_processes = true` (B13): then rooms with
/// history need a store that the processes share.
// clang-format off
template <class B>
concept bus = std::copyable<B> &&
    requires(B& b, bus_sink& sink, const bus_message& message, bus_done done, std::string_view room)
{
    b.attach(sink);
    b.detach(sink);
    { b.publish(message, std::move(done)) } -> std::same_as<bus_receipt>;
    { b.join(sink, room) } -> std::same_as<bool>;
    b.leave(sink, room);
};
// clang-format on

namespace detail {

/// What `of.metrics()` answers, if it can be asked.
template <class T>
bus_metrics metrics_of(const T& of)
{
    if constexpr (requires {
                      {
                          of.metrics()
                          } -> std::convertible_to<bus_metrics>;
                  })
        return of.metrics();
    else
        return {};
}

} // namespace detail

/// Any bus, as one copyable type. Copies are handles of one bus; an empty one must not be used.
///
/// What became of a publish is told in any case: `delivery_unknown` where `publish` throws, or the bus destroys `done`
/// without a call.
class any_bus {
public:
    /// An empty one.
    any_bus() = default;

    /// Holds `b`, in one allocation.
    template <class B>
    requires(!std::same_as<B, any_bus>) && bus<B> any_bus(B b) : held_{std::make_shared<holder<B>>(std::move(b))}
    {}

    /// Whether it holds a bus.
    explicit operator bool() const noexcept { return held_ != nullptr; }

    /// The operations of `bus`: one virtual call each.
    void attach(bus_sink& sink) { held_->attach(sink); }
    void detach(bus_sink& sink) { held_->detach(sink); }
    bus_receipt publish(const bus_message& message, bus_done done);
    /// Sets what is told the bus's exceptions, for this handle and its later copies; the hub does so for its own. Not
    /// thread-safe.
    void on_exception(detail::exception_sink told) { thrown_ = std::move(told); }
    bool join(bus_sink& sink, std::string_view room) { return held_->join(sink, room); }
    void leave(bus_sink& sink, std::string_view room) { held_->leave(sink, room); }
    /// Whether the bus says that it connects several processes: `static constexpr bool between_processes = true`.
    bool between_processes() const noexcept { return held_->between_processes(); }
    /// What it has measured; nothing if it measures nothing.
    bus_metrics metrics() const { return held_->metrics(); }

private:
    struct base {
        virtual ~base() = default;
        virtual void attach(bus_sink& sink) = 0;
        virtual void detach(bus_sink& sink) = 0;
        virtual bus_receipt publish(const bus_message& message, bus_done done) = 0;
        virtual bool join(bus_sink& sink, std::string_view room) = 0;
        virtual void leave(bus_sink& sink, std::string_view room) = 0;
        virtual bool between_processes() const noexcept = 0;
        virtual bus_metrics metrics() const = 0;
    };
    template <class B>
    struct holder final : base {
        explicit holder(B b) : held{std::move(b)} {}
        void attach(bus_sink& sink) override { held.attach(sink); }
        void detach(bus_sink& sink) override { held.detach(sink); }
        bus_receipt publish(const bus_message& message, bus_done done) override
        {
            return held.publish(message, std::move(done));
        }
        bool join(bus_sink& sink, std::string_view room) override { return held.join(sink, room); }
        void leave(bus_sink& sink, std::string_view room) override { held.leave(sink, room); }
        bool between_processes() const noexcept override
        {
            if constexpr (requires { B::between_processes; })
                return B::between_processes;
            else
                return false;
        }
        bus_metrics metrics() const override { return detail::metrics_of(held); }
        B held;
    };

    bus_receipt publish_and_tell(const bus_message& message, bus_done done);
    bus_receipt failed(const std::exception_ptr& cause) const;

    std::shared_ptr<base> held_;
    detail::exception_sink thrown_;
};

static_assert(bus<any_bus>);

} // namespace fanfare

#if defined(FANFARE_HEADER_ONLY)
#include <fanfare/bus.ipp>
#endif

#endif
