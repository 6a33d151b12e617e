// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_TESTING_STORE_CONFORMANCE_HPP
#define FANFARE_TESTING_STORE_CONFORMANCE_HPP

#include <fanfare/detail/testing/check_list.hpp>
#include <fanfare/detail/testing/store_append_checks.hpp>
#include <fanfare/detail/testing/store_page_checks.hpp>
#include <fanfare/detail/testing/store_thread_checks.hpp>
#include <fanfare/detail/testing/store_world.hpp>
#include <fanfare/testing/check.hpp>

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

namespace fanfare::testing {

/// The checks of a store of histories against the clauses S1 and so on of docs/adapter_contracts.md.
///
/// `make(n)` makes `n` handles of one new and empty store, as so many processes have them, and answers a pointer to them
/// (`std::unique_ptr`, say) with `Store& store(std::size_t i)`. Each check asks for a new one. The store may call the
/// handlers at any time, on any thread but the one that runs the check if that one is needed to call them.
template <class Make>
std::vector<check> store_checks(Make make, const check_options& options = {})
{
    using stores = decltype(make(std::size_t{}));
    using world = detail::store_promises::store_world<stores>;
    namespace promises = detail::store_promises;
    detail::check_list<world, Make> all{std::move(make), options};
    all.add("offsets grow by one, in one epoch", "S1", promises::check_offsets_grow<world>, std::size_t{1});
    all.add("a room has its epoch from the first read on", "S2", promises::check_epoch_from_the_first_read<world>,
            std::size_t{2});
    all.add("as many messages are kept as the limit says", "S3", promises::check_count_limit<world>,
            std::size_t{1});
    all.add("messages are kept as long as the limit says", "S4", promises::check_age_limit<world>, std::size_t{1});
    all.add("pages, oldest first and newest first", "S5", promises::check_pages<world>, std::size_t{1});
    all.add("a page has no more bytes than were asked for, and reading on gives everything", "S6",
            promises::check_byte_limit<world>, std::size_t{1});
    all.add("body, key and except are kept", "S7", promises::check_everything_is_kept<world>, std::size_t{2});
    all.add("a second message with the same key is not stored", "S8", promises::check_idempotency<world>,
            std::size_t{2});
    all.add("a key is forgotten after its window", "S9", promises::check_idempotency_window<world>,
            std::size_t{1});
    all.add("of many messages with one key one is stored", "S8", promises::check_one_of_many_duplicates<world>,
            std::size_t{2});
    all.add("many rooms", "S13", promises::check_many_rooms<world>, std::size_t{1});
    all.add("handlers are called once, in order, one at a time", "S10", promises::check_handlers_in_order<world>,
            std::size_t{1});
    all.add("many threads in one room, with a reader", "S10 S11", promises::check_many_threads<world>,
            std::size_t{1});
    all.add("many processes in one room", "S12", promises::check_many_processes<world>, std::size_t{3});
    return all.take();
}

} // namespace fanfare::testing

#endif
