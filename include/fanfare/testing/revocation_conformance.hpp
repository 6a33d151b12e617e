// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_TESTING_REVOCATION_CONFORMANCE_HPP
#define FANFARE_TESTING_REVOCATION_CONFORMANCE_HPP

#include <fanfare/detail/testing/check_list.hpp>
#include <fanfare/detail/testing/revocation_checks.hpp>
#include <fanfare/testing/check.hpp>

#include <utility>
#include <vector>

namespace fanfare::testing {

/// The checks of a revocation store against the clauses R1 and so on of docs/adapter_contracts.md.
///
/// `make()` makes two handles of one empty store, as two hubs have them, and answers a pointer to them
/// (`std::unique_ptr`, say) with `Store& here()` and `Store& there()`. It takes 1,200 revocations at least.
template <class Make>
std::vector<check> revocation_checks(Make make, const check_options& options = {})
{
    namespace promises = detail::revocation_promises;
    using world = promises::revocation_world<decltype(make())>;
    detail::check_list<world, Make> all{std::move(make), options};
    all.add("what one handle has added, the other reads as it was", "R1 R4", promises::check_added<world>);
    all.add("of two for the same, the later times count", "R2", promises::check_merged<world>);
    all.add("pages lead through all, and a cursor to what is new", "R3", promises::check_pages<world>);
    all.add("handlers are called once", "R5", promises::check_handlers<world>);
    return all.take();
}

} // namespace fanfare::testing

#endif
