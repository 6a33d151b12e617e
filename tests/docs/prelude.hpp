// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_TESTS_DOCS_PRELUDE_HPP
#define FANFARE_TESTS_DOCS_PRELUDE_HPP

// What a reader of the pages has in view when a block shows only the inside of a function.
#include <fanfare/auth/jwt.hpp>
#include <fanfare/fanfare.hpp>
#include <fanfare/server.hpp>

#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>

#include <csignal>
#include <iostream>

namespace asio = boost::asio;

#endif
