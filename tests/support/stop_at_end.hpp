// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_TESTS_SUPPORT_STOP_AT_END_HPP
#define FANFARE_TESTS_SUPPORT_STOP_AT_END_HPP

#include <boost/asio/io_context.hpp>

namespace fanfare::test {

// Stops a context that another thread runs, also where a check throws: or the test would wait for the thread without end.
struct stop_at_end {
    boost::asio::io_context& context;
    ~stop_at_end() { context.stop(); }
};

} // namespace fanfare::test

#endif
