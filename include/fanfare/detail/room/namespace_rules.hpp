// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_ROOM_NAMESPACE_RULES_HPP
#define FANFARE_DETAIL_ROOM_NAMESPACE_RULES_HPP

#include <fanfare/config.hpp>
#include <fanfare/detail/base/counter_sets.hpp>
#include <fanfare/options.hpp>

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>

namespace fanfare::detail {

/// The rules of a namespace, and the number by which its metrics are found: it stays when other rules are configured.
struct namespace_rules : room_options {
    explicit namespace_rules(const room_options& rules = {}, std::uint8_t n = 0) : room_options{rules}, number{n}
    {}
    std::uint8_t number;
};

/// A value for each namespace, made when it is first used. One thread changes it, any may look.
template <class Value>
class by_namespace {
public:
    by_namespace() = default;
    ~by_namespace()
    {
        for (auto& one : values_)
            delete one.load();
    }
    by_namespace(const by_namespace&) = delete;
    by_namespace& operator=(const by_namespace&) = delete;

    Value& operator[](std::uint8_t number)
    {
        auto& place = values_[number];
        if (auto* known = place.load(std::memory_order_relaxed))
            return *known;
        place.store(new Value{}, std::memory_order_release);
        return *place.load(std::memory_order_relaxed);
    }
    /// Null: it was never used.
    const Value* find(std::size_t number) const noexcept
    {
        return values_[number].load(std::memory_order_acquire);
    }

private:
    std::array<std::atomic<Value*>, max_metric_namespaces> values_{};
};

} // namespace fanfare::detail

#endif
