// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_TESTING_PRESENCE_CONFORMANCE_HPP
#define FANFARE_TESTING_PRESENCE_CONFORMANCE_HPP

#include <fanfare/detail/testing/check_list.hpp>
#include <fanfare/detail/testing/presence_checks.hpp>
#include <fanfare/testing/check.hpp>

#include <string>
#include <utility>
#include <vector>

namespace fanfare::testing {

/// The checks of a presence store against the clauses P1 and so on of docs/adapter_contracts.md.
///
/// `make()` makes two handles of one store, as two hubs have them, and answers a pointer to them (`std::unique_ptr`, say)
/// with `Store& here()` and `Store& there()`. The rooms are empty before a check, and afterwards, unless it fails: the
/// store may be the same each time. Entries must live longer than a check takes.
template <class Make>
std::vector<check> presence_checks(Make make, const check_options& options = {})
{
    namespace promises = detail::presence_promises;
    using world = promises::presence_world<decltype(make())>;
    detail::check_list<world, Make> all{std::move(make), options};
    all.add("clients and users are counted, over all handles", "P1", promises::check_counts<world>);
    all.add("what is repeated changes nothing", "P2", promises::check_repetition<world>);
    all.add("a refresh names what is missing", "P3", promises::check_refresh<world>);
    all.add("names and data are kept", "P4", promises::check_names<world>);
    all.add("a list has no more than was asked for, and the true counts", "P5", promises::check_limit<world>);
    all.add("handlers are called once", "P7", promises::check_handlers<world>);
    return all.take();
}

} // namespace fanfare::testing

#endif
