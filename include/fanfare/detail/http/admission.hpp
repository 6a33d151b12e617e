// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_HTTP_ADMISSION_HPP
#define FANFARE_DETAIL_HTTP_ADMISSION_HPP

#include <fanfare/config.hpp>
#include <fanfare/detail/http/message.hpp>
#include <fanfare/detail/hub/hub_core.hpp>
#include <fanfare/detail/session/session.hpp>
#include <fanfare/error.hpp>
#include <fanfare/identity.hpp>

#include <boost/asio/ip/address.hpp>

#include <chrono>
#include <memory>
#include <optional>
#include <utility>

namespace fanfare::detail {

/// A client's place among those that the hub's limits allow, from before its connection is answered until a session counts
/// it. Not thread-safe.
class admission {
public:
    /// `arrived`: the attempt has been counted (`admissions::arrive`).
    admission(std::shared_ptr<hub_core> hub, identity who, const asio::ip::address& address, bool arrived = false)
        : hub_{std::move(hub)}, who_{hub_->admitted.share(std::move(who))}, address_{address}, arrived_{arrived}
    {}
    admission(admission&& other) noexcept
        : hub_{std::move(other.hub_)}, who_{std::move(other.who_)}, address_{std::move(other.address_)},
          arrived_{other.arrived_}, taken_{std::exchange(other.taken_, false)}, wait_{other.wait_}
    {}
    admission& operator=(admission&&) = delete;
    ~admission()
    {
        if (taken_)
            hub_->admitted.leave(who_->user_id, address_);
    }

    /// Takes the place, or answers why there is none, which is counted as a refusal. Nothing happens if it has been taken.
    error_code take()
    {
        if (taken_)
            return {};
        if (!std::exchange(arrived_, true))
            wait_ = hub_->admitted.arrive(address_);
        if (wait_) {
            hub_->admitted.count_refusal(error::too_many_connections);
            return error::too_many_connections;
        }
        const auto ec = hub_->admitted.admit(*who_, address_);
        taken_ = !ec;
        if (ec == error::store_failed)
            wait_ = std::chrono::seconds{1};
        return ec;
    }
    /// What is answered to the client for an error of `take`.
    http_response refusal(const error_code& why, unsigned version) const
    {
        const bool revoked = why == error::unauthorized && hub_->admitted.check_revoked(*who_) == why;
        return hub_refusal_response(static_cast<error>(why.value()), version, wait_,
                                    revoked ? "the credential was revoked"
                                    : why == error::store_failed
                                        ? "it is not known yet which credentials were revoked"
                                        : "");
    }
    /// Tells the session that counts it off from now on what it is to know.
    void hand_to(session_settings& settings)
    {
        taken_ = false;
        settings.who = std::move(who_);
        settings.address = address_;
    }

    const std::shared_ptr<hub_core>& hub() const noexcept { return hub_; }

private:
    std::shared_ptr<hub_core> hub_;
    std::shared_ptr<const identity> who_;
    asio::ip::address address_;
    bool arrived_;
    bool taken_ = false;
    std::optional<std::chrono::seconds> wait_{}; // until the address may come again
};

} // namespace fanfare::detail

#endif
