// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
// Counters by namespace, by error and by close code, and sizes that are a part of a gauge.
#include "support/catch.hpp"

#include <fanfare/detail/base/counter_sets.hpp>
#include <fanfare/detail/base/request_type.hpp>
#include <fanfare/detail/base/tracked_size.hpp>

#include <boost/system/errc.hpp>

#include <string_view>

using namespace fanfare;
using namespace fanfare::detail;

TEST_CASE("errors are counted by number, and those of others as 0", "[counters]")
{
    error_counters all;
    all.add(error::invalid_json);
    all.add(error::no_inbox);
    all.add(error::no_inbox);
    all.add(make_error_code(boost::system::errc::connection_reset));
    all.add(static_cast<error>(error_counters::size)); // none of ours
    CHECK(all.of(1) == 1);
    CHECK(all.of(error_counters::size - 1) == 2);
    CHECK(all.of(0) == 2);
    CHECK(all.get() == 5);
    CHECK(to_string(static_cast<error>(error_counters::size)) ==
          std::string_view{"unknown"}); // it has all of them
}

TEST_CASE("each close code that has a name is counted by itself", "[counters]")
{
    close_counters all;
    for (std::uint16_t code = 0; code != 5000; ++code)
        all.add(static_cast<close_code>(code));
    for (std::size_t i = 0; i != known_close_codes.size(); ++i) {
        INFO(known_close_codes[i]);
        CHECK(all.of(i) == 1);
        CHECK(to_string(static_cast<close_code>(known_close_codes[i])) != std::string_view{"other"});
    }
    std::uint64_t without_name = 0;
    for (std::uint16_t code = 0; code != 5000; ++code)
        if (to_string(static_cast<close_code>(code)) == std::string_view{"other"})
            ++without_name;
    CHECK(all.of(close_counters::size - 1) == without_name);
}

TEST_CASE("a gauge follows the sizes that are a part of it until they end", "[counters]")
{
    gauge all;
    {
        tracked_size one{&all};
        tracked_size two{&all};
        tracked_size apart{nullptr};
        one += 5;
        two = 3;
        apart = 100;
        CHECK(all.get() == 8);
        one -= 4;
        --two;
        ++two;
        CHECK(all.get() == 4);
        CHECK(one + two == 4);
    }
    CHECK(all.get() == 0);
}

TEST_CASE("a request's type is one of the library's, or the application's", "[counters]")
{
    CHECK(request_type_of("subscribe") == request_type::subscribe);
    CHECK(request_type_of("ping") == request_type::ping);
    CHECK(request_type_of("application") == request_type::application);
    CHECK(request_type_of("") == request_type::application);
    CHECK(request_type_of("Ping") == request_type::application);
    for (std::size_t i = 0; i != request_type_names.size(); ++i)
        CHECK(static_cast<std::size_t>(request_type_of(request_type_names[i])) == i);
}
