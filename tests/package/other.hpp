// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_USER_OTHER_HPP
#define FANFARE_USER_OTHER_HPP

#include <fanfare/config.hpp>

#include <boost/system/error_code.hpp>

fanfare::error_code forbidden_elsewhere();

#endif
