// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_TESTING_BLOCKING_REVOCATIONS_HPP
#define FANFARE_TESTING_BLOCKING_REVOCATIONS_HPP

#include <fanfare/config.hpp>
#include <fanfare/detail/testing/blocking_answer.hpp>
#include <fanfare/revocation.hpp>
#include <fanfare/revocation_store.hpp>
#include <fanfare/testing/check.hpp>

#include <boost/system/system_error.hpp>

#include <chrono>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace fanfare::testing {

/// A revocation store, asked and waited for. Throws what it answers as an error (`boost::system::system_error`), and
/// `broken_promise` if it does not answer in time. For one thread; copies are handles of one store.
template <class Store>
class blocking_revocations {
public:
    /// Waits for each answer at most `patience`.
    explicit blocking_revocations(Store store, std::chrono::milliseconds patience = check_options{}.patience)
        : store_{std::move(store)}, patience_{patience}
    {}

    /// The operations of a revocation store.
    void add(revocation what)
    {
        wait<bool>(
            [&](auto done) { store_.async_add(std::move(what), [done](error_code ec) { done(ec, true); }); });
    }
    revocation_page read(std::string_view cursor = {})
    {
        return wait<revocation_page>([&](auto done) { store_.async_read(cursor, done); });
    }
    /// All that follows `cursor`, page by page; then `cursor` is the last one's. Throws `broken_promise` (R3) for pages
    /// that lead nowhere.
    std::vector<revocation> read_all(std::string& cursor)
    {
        std::vector<revocation> all;
        for (;;) {
            auto page = read(cursor);
            if (page.more && (page.entries.empty() || page.cursor == cursor))
                throw broken_promise{"R3",
                                     "more is to follow a page that is empty, or whose cursor is the one before"};
            all.insert(all.end(), page.entries.begin(), page.entries.end());
            cursor = page.cursor;
            if (!page.more)
                return all;
        }
    }
    /// What it asks.
    Store& store() { return store_; }

private:
    template <class Answer, class Start>
    Answer wait(Start start)
    {
        auto [ec, got] = detail::blocking_answer<Answer>("R5", patience_, start);
        if (ec)
            throw boost::system::system_error{ec};
        return std::move(got);
    }
    Store store_;
    std::chrono::milliseconds patience_;
};

} // namespace fanfare::testing

#endif
