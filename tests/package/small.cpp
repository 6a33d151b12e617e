// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
// A header-only use that compiles in a few seconds, with bodies of Fanfare and of a library that it brings (Boost.URL).
#include "other.hpp"

#include <fanfare/auth/origin.hpp>
#include <fanfare/error.hpp>

#include <boost/system/system_error.hpp>

#include <iostream>

#if defined(FANFARE_SEPARATE_COMPILATION)
#error "FANFARE_SEPARATE_COMPILATION must come with fanfare::compiled, and only with it"
#endif

int main()
{
    fanfare::error_code const here = fanfare::error::forbidden;
    if (here != forbidden_elsewhere() || here.message().empty()) {
        std::cerr << "the two translation units do not agree\n";
        return 1;
    }
    fanfare::origin_allow_list origins{"https://app.example"};
    try {
        origins.allow("no origin");
        std::cerr << "what is no origin is taken for one\n";
        return 1;
    } catch (const boost::system::system_error& e) {
        if (e.code() != fanfare::error::invalid_config)
            throw;
    }
    std::cout << "Fanfare " << FANFARE_VERSION_STRING << ": " << here.message() << '\n';
}
