// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_TESTS_INBOX_CONFORMANCE_HPP
#define FANFARE_TESTS_INBOX_CONFORMANCE_HPP

// What every inbox must do, as sections of a Catch2 test, and what the tests of inboxes ask with.
#include "support/conformance.hpp"
#include "support/eventually.hpp"

#include <fanfare/error.hpp>
#include <fanfare/inbox.hpp>
#include <fanfare/testing/blocking_inbox.hpp>
#include <fanfare/testing/inbox_conformance.hpp>

#include <memory>

namespace fanfare::test {

using detail::inbox_promises::failure_of;
using detail::inbox_promises::texts;
using detail::inbox_promises::titles;
using testing::blocking_inbox;

template <class Inbox>
struct inbox_handles {
    Inbox& here() { return one; }
    Inbox& there() { return other; }
    Inbox one, other;
};

// Two handles of one inbox, as two hubs have them.
template <class Inbox>
void check_inbox(const Inbox& here, const Inbox& there)
{
    run_all_checks(testing::inbox_checks([&] {
        return std::make_unique<inbox_handles<Inbox>>(inbox_handles<Inbox>{here, there});
    }));
}

// An inbox of at most 10 notifications a user.
template <class Inbox>
void check_limit(const Inbox& inbox)
{
    run_all_checks({testing::inbox_limit_check([&] {
        return std::make_unique<inbox_handles<Inbox>>(inbox_handles<Inbox>{inbox, inbox});
    })});
}

} // namespace fanfare::test

#endif
