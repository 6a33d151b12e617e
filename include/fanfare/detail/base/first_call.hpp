// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_BASE_FIRST_CALL_HPP
#define FANFARE_DETAIL_BASE_FIRST_CALL_HPP

#include <atomic>
#include <functional>
#include <memory>
#include <utility>

namespace fanfare::detail {

/// A function of which only the first call counts; calls may come from several threads. The function is moved out for
/// the call, so that what it holds is released with it, not with the last copy of this object.
template <class Argument>
class first_call {
public:
    explicit first_call(std::function<void(Argument)> function)
        : state_{std::make_shared<state>(std::move(function))}
    {}

    void operator()(Argument argument) const { try_call(std::move(argument)); }

    bool try_call(Argument argument) const
    {
        if (state_->called.exchange(true, std::memory_order_acq_rel)) {
            return false;
        }
        auto function = std::move(state_->function);
        function(std::move(argument));
        return true;
    }

private:
    struct state {
        explicit state(std::function<void(Argument)> f) : function{std::move(f)} {}
        std::function<void(Argument)> function;
        std::atomic<bool> called{false};
    };
    std::shared_ptr<state> state_;
};

} // namespace fanfare::detail

#endif
