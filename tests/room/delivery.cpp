// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#include "support/catch.hpp"

#include <fanfare/detail/room/delivery.hpp>
#include <fanfare/detail/wire/deflate.hpp>

#include <string>

using namespace fanfare;
using detail::deflated_frame;
using detail::frame;
using detail::ws_opcode;

TEST_CASE("a message that was compressed for a live delivery, and then waited, is not compressed again",
          "[delivery]")
{
    std::string rows;
    for (int i = 0; i != 2000; ++i)
        rows += R"({"id":)" + std::to_string(i) + R"(,"status":"ok","value":0},)";
    detail::zlib_deflater deflater;
    const auto plain = frame::make(ws_opcode::text, rows);
    CHECK_FALSE(plain->deflated());

    const auto once = deflated_frame(plain, 15, deflater, 256);
    REQUIRE(once->deflated());
    REQUIRE(once->payload().size() > 1000);
    std::string again;
    REQUIRE(deflater.deflate(once->payload(), 15, again)); // it could be
    CHECK(deflated_frame(once, 15, deflater, 256) == once);
    CHECK(deflated_frame(plain, 15, deflater, 256) == once);
}
