// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#include "support/world.hpp"

#include <fanfare/detail/http/spare_descriptors.hpp>

#include <deque>
#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

using namespace fanfare;
using namespace fanfare::test;

namespace {

// While it lives, the process may have so many descriptors.
class descriptor_limit {
public:
    explicit descriptor_limit(std::size_t most)
    {
        ::getrlimit(RLIMIT_NOFILE, &before_);
        auto limit = before_;
        limit.rlim_cur = static_cast<rlim_t>(most);
        REQUIRE(::setrlimit(RLIMIT_NOFILE, &limit) == 0);
    }
    ~descriptor_limit() { ::setrlimit(RLIMIT_NOFILE, &before_); }
    descriptor_limit(const descriptor_limit&) = delete;
    descriptor_limit& operator=(const descriptor_limit&) = delete;

private:
    rlimit before_{};
};

// Descriptors, closed at the end.
struct open_files {
    open_files() = default;
    ~open_files()
    {
        for (const int one : all)
            ::close(one);
    }
    open_files(const open_files&) = delete;
    open_files& operator=(const open_files&) = delete;

    bool add()
    {
        const int one = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
        if (one < 0)
            return false;
        all.push_back(one);
        return true;
    }
    std::vector<int> all;
};

} // namespace

TEST_CASE("a part of the descriptors is kept free, where there are few an eighth")
{
    CHECK(detail::spare_descriptors_of(1'048'576) == 32);
    CHECK(detail::spare_descriptors_of(256) == 32);
    CHECK(detail::spare_descriptors_of(64) == 8);
    CHECK(detail::spare_descriptors_of(4) == 0);

    const descriptor_limit limit{128};
    open_files files;
    REQUIRE(files.add());
    while (detail::has_spare_descriptors(files.all.front()))
        REQUIRE(files.add());
    std::size_t spare = 0;
    while (files.add())
        ++spare;
    CHECK(spare >= 15); // one less: the last look has found no room
    CHECK(spare <= 16);
    CHECK_FALSE(detail::has_spare_descriptors(files.all.front()));
}

TEST_CASE("a server that runs out of descriptors accepts no more, and goes on when some are free")
{
    world w;
    w.serve();
    client first{w.port()};
    open_files files;
    {
        const descriptor_limit limit{128};
        while (detail::has_spare_descriptors(static_cast<int>(first.stream().next_layer().native_handle())))
            REQUIRE(files.add());
        // One accept was waiting already; the others are not taken though there are descriptors.
        asio::io_context context;
        std::deque<tcp::socket> waiting;
        for (int i = 0; i != 4; ++i)
            waiting.emplace_back(context).connect({asio::ip::address_v4::loopback(), w.port()});
        for (int i = 0; i != 20; ++i)
            first.drain(); // the server has had its turns
        CHECK(files.add());
        CHECK(w.hub().stats().connections == 1);
    }
    client second{w.port()}; // the limit is what it was
    CHECK(w.hub().stats().connections == 2);
}
