// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_TESTS_SUPPORT_CONFORMANCE_HPP
#define FANFARE_TESTS_SUPPORT_CONFORMANCE_HPP

// The library's checks of adapters, as sections of a Catch2 test.
#include "support/catch.hpp"

#include <fanfare/testing/check.hpp>

#include <set>
#include <sstream>
#include <string>
#include <vector>

namespace fanfare::test {

inline std::string text_of(const std::vector<testing::failure>& failures)
{
    std::ostringstream out;
    for (const auto& f : failures)
        out << '\n' << f;
    return out.str();
}

inline void run_as_sections(const std::vector<testing::check>& all)
{
    for (const auto& one : all)
        DYNAMIC_SECTION(one.name)
        {
            const auto failures = one.run();
            INFO(one.clauses << text_of(failures));
            CHECK(failures.empty());
        }
}

// All in one section: for what is made once.
inline void run_all_checks(const std::vector<testing::check>& all)
{
    for (const auto& one : all) {
        const auto failures = one.run();
        INFO(one.name << " (" << one.clauses << ")" << text_of(failures));
        CHECK(failures.empty());
    }
}

// The clauses that an adapter breaks.
inline std::set<std::string> broken_clauses(const std::vector<testing::check>& all)
{
    std::set<std::string> broken;
    for (const auto& one : all)
        for (const auto& f : one.run()) {
            UNSCOPED_INFO(one.name << " - " << f);
            broken.insert(f.clause);
        }
    return broken;
}

} // namespace fanfare::test

#endif
