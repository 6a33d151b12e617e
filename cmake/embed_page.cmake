# Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
# cmake -DINPUT=page.html -DOUTPUT=page.hpp -P embed_page.cmake: the page as a C++ string, one literal a line.

file(READ ${INPUT} page)
if(page MATCHES "\\)page\"")
    message(FATAL_ERROR "${INPUT} holds )page\", which would end the literal")
endif()
string(REPLACE "\n" "\n)page\"\n    R\"page(" page "${page}")
file(WRITE ${OUTPUT} "// Generated from page.html by embed_page.cmake.
#pragma once

namespace demo {
inline constexpr char page[] =
    R\"page(${page})page\";
} // namespace demo
")
