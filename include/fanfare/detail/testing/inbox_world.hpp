// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_TESTING_INBOX_WORLD_HPP
#define FANFARE_DETAIL_TESTING_INBOX_WORLD_HPP

#include <fanfare/config.hpp>
#include <fanfare/inbox.hpp>
#include <fanfare/testing/blocking_inbox.hpp>
#include <fanfare/testing/check.hpp>

#include <boost/system/system_error.hpp>

#include <chrono>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

/// What the checks of inboxes share. Not in `detail` itself: the names are short.
namespace fanfare::detail::inbox_promises {

using testing::blocking_inbox;
using testing::findings;

/// What an operation was refused with.
template <class F>
error_code failure_of(F operation)
{
    try {
        operation();
    } catch (const boost::system::system_error& e) {
        return e.code();
    }
    return {};
}

inline std::vector<std::string> titles(const inbox_page& page)
{
    std::vector<std::string> all;
    for (const auto& one : page.items)
        all.push_back(one.title);
    return all;
}

using texts = std::vector<std::string>;

/// Two handles of one inbox, as two hubs have them, and where a check says what it saw.
template <class Handles>
struct inbox_world {
    using inbox_type = std::remove_cvref_t<decltype(std::declval<Handles&>()->here())>;

    inbox_world(findings& found, std::chrono::milliseconds patience, const Handles& handles)
        : look{found}, here{handles->here(), patience}, there{handles->there(), patience}
    {}

    findings& look;
    blocking_inbox<inbox_type> here, there;
};

} // namespace fanfare::detail::inbox_promises

#endif
