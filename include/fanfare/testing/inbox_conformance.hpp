// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_TESTING_INBOX_CONFORMANCE_HPP
#define FANFARE_TESTING_INBOX_CONFORMANCE_HPP

#include <fanfare/detail/testing/check_list.hpp>
#include <fanfare/detail/testing/inbox_mark_checks.hpp>
#include <fanfare/detail/testing/inbox_page_checks.hpp>
#include <fanfare/detail/testing/inbox_rule_checks.hpp>
#include <fanfare/detail/testing/inbox_world.hpp>
#include <fanfare/testing/check.hpp>

#include <string>
#include <utility>
#include <vector>

namespace fanfare::testing {

/// The checks of an inbox against the clauses I1 and so on of docs/adapter_contracts.md, but for I11 (`inbox_limit_check`).
///
/// `make()` makes two handles of one inbox, as two hubs have them, and answers a pointer to them (`std::unique_ptr`, say)
/// with `Inbox& here()` and `Inbox& there()`. The checks use users of their own: the inbox may be the same each time.
template <class Make>
std::vector<check> inbox_checks(Make make, const check_options& options = {})
{
    namespace promises = detail::inbox_promises;
    using world = promises::inbox_world<decltype(make())>;
    detail::check_list<world, Make> all{std::move(make), options};
    all.add("what is added is listed and counted", "I1", promises::check_added_is_listed<world>);
    all.add("data come back as they were written", "I2", promises::check_data_verbatim<world>);
    all.add("marks change what they name", "I3", promises::check_marks<world>);
    all.add("marks change all", "I4", promises::check_mark_all<world>);
    all.add("pages stand still while notifications come", "I5", promises::check_pages<world>);
    all.add("a page has no more bytes than it may", "I6", promises::check_page_bytes<world>);
    all.add("cursors that were made up are refused", "I7", promises::check_cursors<world>);
    all.add("another user's notifications are not there", "I8", promises::check_strangers<world>);
    all.add("what is not valid is refused", "I9", promises::check_refusals<world>);
    all.add("a second notification with the same key is not stored", "I10", promises::check_idempotency<world>);
    all.add("counts do not drift under many threads", "I12", promises::check_no_drift<world>);
    all.add("a handler may use the inbox", "I13", promises::check_reentry<world>);
    return all.take();
}

/// The check of what a full inbox gives up (I11): `make()` as above, of an inbox that keeps 10 notifications a user
/// (`inbox_limits::items`).
template <class Make>
check inbox_limit_check(Make make, const check_options& options = {})
{
    namespace promises = detail::inbox_promises;
    using world = promises::inbox_world<decltype(make())>;
    detail::check_list<world, Make> all{std::move(make), options};
    all.add("a full inbox gives up the oldest that was read", "I11", promises::check_limit<world>);
    return std::move(all.take().front());
}

} // namespace fanfare::testing

#endif
