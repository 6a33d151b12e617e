// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#include <fanfare/error.hpp>

#include <iostream>

int main()
{
    fanfare::error_code const code = fanfare::error::forbidden;
    std::cout << "Fanfare " << FANFARE_VERSION_STRING << ": " << code.message() << '\n';
}
