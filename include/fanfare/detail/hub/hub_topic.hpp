// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_HUB_HUB_TOPIC_HPP
#define FANFARE_DETAIL_HUB_HUB_TOPIC_HPP

#include <fanfare/config.hpp>
#include <fanfare/detail/hub/hub_core.hpp>

#include <memory>
#include <utility>

namespace fanfare::detail {

/// The base of each topic of `hub` (<fanfare/hub/...>): a share in the hub's core. A template, so that the topics have
/// bases of different types and `hub` can derive from all of them.
template <class Topic>
class hub_topic {
protected:
    explicit hub_topic(std::shared_ptr<hub_core> core) noexcept : core_{std::move(core)} {}
    hub_topic(const hub_topic&) = delete;
    hub_topic& operator=(const hub_topic&) = delete;
    ~hub_topic() = default;

    /// Answers where an operation completes whose handler has no executor of its own; for `initiate`.
    auto default_executor() const noexcept
    {
        return [core = core_] { return core->shards.first().executor(); };
    }

    std::shared_ptr<hub_core> core_;
};

} // namespace fanfare::detail

#endif
