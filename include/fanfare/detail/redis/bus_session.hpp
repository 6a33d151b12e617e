// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_REDIS_BUS_SESSION_HPP
#define FANFARE_DETAIL_REDIS_BUS_SESSION_HPP

#include <fanfare/bus.hpp>
#include <fanfare/config.hpp>
#include <fanfare/detail/base/context_bound.hpp>
#include <fanfare/detail/redis/bus_core.hpp>
#include <fanfare/detail/redis/channels.hpp>
#include <fanfare/detail/redis/link.hpp>
#include <fanfare/detail/redis/message.hpp>
#include <fanfare/detail/redis/pipeline.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/steady_timer.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

namespace fanfare::detail {

/// The connections of a bus, from the first `attach` to the last `detach`: one for commands, one for subscriptions.
/// They are up and down together. On the strand, but for `make`, `start`, `stop` and `commands`.
///
/// down -> (both connected) subscribing -> (everything confirmed) probing -> (the first probe came back) up
class redis_bus_session final : public redis_link_events, public std::enable_shared_from_this<redis_bus_session> {
public:
    /// Throws as the link does.
    static std::shared_ptr<redis_bus_session> make(std::shared_ptr<redis_bus_core> core,
                                                   const asio::any_io_executor& executor);
    void start();
    /// Ends it, when Redis has answered what was on its way; that may take a second.
    void stop();
    redis_pipeline& commands() noexcept { return *commands_; }

    /// Sends what joins and leaves have changed.
    void turn();
    /// A PUBLISH was answered: the bus is in use.
    void published();
    /// A message was lost, and nobody but the members of its room can be told.
    void lost(bus_message::kind what, std::string_view room);
    /// A message that nobody waits for has never left.
    void never_sent() noexcept { never_sent_ += stage_ == stage::stopped; }

private:
    using clock = redis_channels::clock;
    enum class stage : std::uint8_t { down, subscribing, probing, up, stopped };
    static constexpr std::size_t max_lost_rooms = 10'000;

    struct timers {
        explicit timers(const bound_strand::strand_type& s) : turn{s}, probe{s}, ascent{s} {}
        asio::steady_timer turn, probe, ascent;
    };

    redis_bus_session(std::shared_ptr<redis_bus_core> core, const asio::any_io_executor& executor);

    void on_up() override;
    void on_down(const std::string& problem) override;
    void on_reply(const redis_value& reply) override;
    void on_read_end() override;

    void end();
    void connected();
    void disconnected(const std::string& problem, bool was_up);
    void give_up(std::string_view why);
    void subscribe_all();
    void send_changes(redis_channels& channels);
    void on_answer(bool subscribe, std::string_view channel);
    void on_base_answer(bool subscribe, std::string_view channel);
    void on_refusal(std::string_view text);
    void confirmed();
    void arm_ascent();
    void come_up();
    void report_never_sent();
    void expect_answers();
    void arm_turn();

    void probe();
    void ask_role();
    void on_probe(std::string_view body);
    void retry_refused();
    void probe_soon();
    void arm_probe(clock::time_point at);
    void on_probe_time();
    void stop_probing();

    void on_message(std::string_view channel, std::string_view body);
    void on_room(std::string_view room, std::string_view channel, std::string_view body);
    void on_broadcast(std::string_view body);
    void on_control(std::string_view body);
    void on_notification(std::string_view body);
    void malformed(std::string_view channel, std::string_view why);

    void tell_losses();
    void send_notice(std::string_view channel, redis_message::kind what, const std::string& room);
    void notice_failed(redis_message::kind what, const std::string& room, error_code ec);

    const std::shared_ptr<redis_bus_core> core_;
    context_bound<timers> clocks_;
    std::shared_ptr<redis_pipeline> commands_;
    std::shared_ptr<redis_link> link_; // subscriptions
    stage stage_ = stage::down;
    bool link_was_up_ = false;
    bool commands_were_up_ = false;
    bool ever_up_ = false;
    bool turn_armed_ = false;

    std::vector<std::string> base_; // the channels that are always subscribed
    std::size_t base_confirmed_ = 0;
    std::uint64_t ascent_ = 0; // from `subscribing` to `up`, to know the present one's timer
    std::size_t never_sent_ = 0;

    std::uint64_t probe_number_ = 0;
    bool probe_due_ = false;        // a probe is on its way
    bool probe_armed_ = false;      // the timer runs
    bool in_use_ = false;           // something was published since the last probe
    std::uint64_t probe_timer_ = 0; // to know the present timer from an older one
    clock::time_point probe_sent_{}, proven_{}, heard_{}, retried_{};

    std::unordered_set<std::string> lost_rooms_;
    bool lost_broadcast_ = false, lost_all_ = false, telling_ = false;
};

} // namespace fanfare::detail

#if defined(FANFARE_HEADER_ONLY)
#include <fanfare/detail/redis/bus_session.ipp>
#include <fanfare/detail/redis/bus_traffic.ipp>
#endif

#endif
