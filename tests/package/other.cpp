// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#include "other.hpp"

#include <fanfare/error.hpp>

fanfare::error_code forbidden_elsewhere()
{
    return fanfare::error::forbidden;
}
