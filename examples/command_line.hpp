// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_EXAMPLES_COMMAND_LINE_HPP
#define FANFARE_EXAMPLES_COMMAND_LINE_HPP

#include <charconv>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>

#if defined(__unix__) || defined(__APPLE__)
#include <sys/resource.h>
#endif

namespace demo {

// The words of a command line, one after the other. Throws `std::invalid_argument` with a sentence for the user.
class command_line {
public:
    command_line(int argc, char** argv) : next_{argv + 1}, end_{argv + argc} {}

    bool done() const noexcept { return next_ == end_; }
    std::string_view option() { return current_ = *next_++; }
    std::string value()
    {
        // An empty one is a shell variable that was not set: as a key it would open the server.
        if (done() || **next_ == '\0')
            throw std::invalid_argument(std::string{current_} + " wants a value");
        return *next_++;
    }
    std::uint64_t number(std::uint64_t least, std::uint64_t most)
    {
        const auto text = value();
        std::uint64_t n = 0;
        const auto [at, failed] = std::from_chars(text.data(), text.data() + text.size(), n);
        if (failed != std::errc{} || at != text.data() + text.size() || n < least || n > most)
            throw std::invalid_argument(std::string{current_} + " wants a number from " + std::to_string(least) +
                                        " to " + std::to_string(most) + ", not '" + text + "'");
        return n;
    }
    [[noreturn]] void unknown() const
    {
        throw std::invalid_argument("unknown option '" + std::string{current_} + "'; --help lists them");
    }

private:
    char** next_;
    char** end_;
    std::string_view current_;
};

// Two options that make sense together only: throws `std::invalid_argument` if one of them was not given.
inline void need_each_other(std::string_view one, const std::string& value, std::string_view other,
                            const std::string& other_value)
{
    if (value.empty() != other_value.empty())
        throw std::invalid_argument(std::string{one} + " and " + std::string{other} + ": each needs the other");
}

// A socket needs a descriptor: asks for as many as the system allows.
inline void raise_descriptor_limit()
{
#if defined(__unix__) || defined(__APPLE__)
    rlimit limit{};
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < limit.rlim_max) {
        limit.rlim_cur = limit.rlim_max;
        static_cast<void>(setrlimit(RLIMIT_NOFILE, &limit)); // the old limit still serves
    }
#endif
}

} // namespace demo

#endif
