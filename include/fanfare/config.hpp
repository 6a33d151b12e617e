// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_CONFIG_HPP
#define FANFARE_CONFIG_HPP

#include <fanfare/version.hpp>

#include <boost/version.hpp>

#if (defined(_MSVC_LANG) ? _MSVC_LANG : __cplusplus) < 202002L
#error "Fanfare needs C++20: compile with -std=c++20 (MSVC: /std:c++20 /Zc:__cplusplus)"
// There is no such file: compilers stop here, before they tell hundreds of errors that follow from this one.
#define FANFARE_STOP <C++20>
#include FANFARE_STOP
#endif
#if BOOST_VERSION < 108100
#error "Fanfare needs Boost 1.81 or later"
#endif

// Header-only unless FANFARE_SEPARATE_COMPILATION is defined, which the CMake target
// fanfare::compiled does for everything that links to it.
#if defined(FANFARE_SEPARATE_COMPILATION)
#define FANFARE_DECL
#else
#define FANFARE_HEADER_ONLY
#define FANFARE_DECL inline
#endif

namespace boost {
namespace asio {}
namespace json {}
namespace system {
class error_code;
}
} // namespace boost

namespace fanfare {
namespace asio = boost::asio;
namespace json = boost::json;
using boost::system::error_code;
} // namespace fanfare

#endif
