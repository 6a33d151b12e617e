// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_TESTING_CHECK_HPP
#define FANFARE_TESTING_CHECK_HPP

#include <fanfare/detail/testing/show.hpp>

#include <chrono>
#include <cstddef>
#include <exception>
#include <functional>
#include <ostream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

/// Checks of adapters against their contracts, without any test framework: see docs/adapter_contracts.md. Not for
/// programs that only use the library: nothing else of it includes these headers.
namespace fanfare::testing {

/// What an adapter did that its contract forbids.
struct failure {
    /// The clause that it breaks, as docs/adapter_contracts.md numbers them: "B5".
    std::string clause;
    /// What was done, what was expected and what was seen.
    std::string text;
};

/// Writes "B5: ...".
inline std::ostream& operator<<(std::ostream& out, const failure& f)
{
    return out << f.clause << ": " << f.text;
}

/// One test of an adapter.
struct check {
    /// A sentence, unique among the checks of one kind of adapter.
    std::string name;
    /// The clauses that it is about, as "B5 B6 B7".
    std::string clauses;
    /// Makes an adapter, tries it, and answers what it did wrong; empty if it kept its promises. Blocks. Throws nothing:
    /// an exception of the adapter is a failure. One run at a time.
    std::function<std::vector<failure>()> run;
};

/// How a check waits.
struct check_options {
    /// For anything that must happen, at most: only a failure waits so long.
    std::chrono::milliseconds patience{30'000};
};

/// Runs all of them and writes a line for each, and one for each failure. Answers how many checks have failed: for a
/// `main` of one's own.
inline std::size_t run_all(const std::vector<check>& all, std::ostream& out)
{
    std::size_t failed = 0;
    for (const auto& one : all) {
        const auto failures = one.run();
        out << (failures.empty() ? "passed: " : "FAILED: ") << one.name << " (" << one.clauses << ")\n";
        for (const auto& f : failures)
            out << "    " << f << '\n';
        failed += failures.empty() ? std::size_t{0} : std::size_t{1};
    }
    return failed;
}

/// Thrown by the tools of this folder when an adapter breaks a clause in such a way that there is nothing to go on with.
class broken_promise : public std::runtime_error {
public:
    /// `clause` as in `failure`.
    broken_promise(std::string_view clause, const std::string& text) : std::runtime_error{text}, clause_{clause} {}
    const std::string& clause() const noexcept { return clause_; }

private:
    std::string clause_;
};

/// Looks again and again until `holds()`, a millisecond apart, for at most `patience`. Answers whether it did.
template <class F>
bool eventually(std::chrono::milliseconds patience, F holds)
{
    const auto deadline = std::chrono::steady_clock::now() + patience;
    while (!holds()) {
        if (std::chrono::steady_clock::now() > deadline)
            return false;
        std::this_thread::sleep_for(std::chrono::milliseconds{1});
    }
    return true;
}

/// What a check has seen so far. For one thread.
class findings {
public:
    /// From here on it is about this clause; `step` is what is tried, for the failures' texts.
    void about(std::string_view clause, std::string_view step)
    {
        clause_ = clause;
        step_ = step;
    }
    /// `what` must hold: a sentence that is false when it does not.
    bool expect(bool holds, std::string_view what)
    {
        if (!holds)
            add("expected: " + std::string{what} + ". It is not so");
        return holds;
    }
    /// `what` must be `expected`.
    template <class Seen, class Expected>
    bool equal(std::string_view what, const Seen& seen, const Expected& expected)
    {
        const bool same = detail::testing_equal(seen, expected);
        if (!same)
            add(std::string{what} + " is " + detail::testing_show(seen) + ", expected " +
                detail::testing_show(expected));
        return same;
    }
    /// As `expect`; when it does not hold the check ends here.
    void require(bool holds, std::string_view what)
    {
        if (!expect(holds, what))
            throw stop{};
    }
    /// As `equal`; when it does not hold the check ends here.
    template <class Seen, class Expected>
    void require_equal(std::string_view what, const Seen& seen, const Expected& expected)
    {
        if (!equal(what, seen, expected))
            throw stop{};
    }

    /// Calls `body(findings&)` and answers what it found.
    template <class F>
    static std::vector<failure> of(F&& body)
    {
        findings found;
        try {
            body(found);
        } catch (const stop&) { // it is among the failures
        } catch (const broken_promise& e) {
            found.clause_ = e.clause();
            found.add(e.what());
        } catch (const std::exception& e) {
            found.add(std::string{"an exception: "} + e.what());
        }
        return std::move(found.failures_);
    }

private:
    static constexpr std::size_t most = 20; // then the check ends: more would say nothing new
    struct stop {};

    void add(const std::string& text)
    {
        failures_.push_back({clause_, step_.empty() ? text : step_ + ": " + text});
        if (failures_.size() == most)
            throw stop{};
    }

    std::string clause_, step_;
    std::vector<failure> failures_;
};

} // namespace fanfare::testing

#endif
