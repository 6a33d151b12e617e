# Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
# Every public header stands alone: a translation unit a header includes it twice and nothing else; no code is made of
# them. This is separately compiled, where the bodies' own includes are not there to help; and header-only for headers
# that bring something in there, to see that it stands alone, too. Two more units include all headers and become a
# program, so that each body is in two translation units and linking shows what lacks `inline`.

file(GLOB_RECURSE headers CONFIGURE_DEPENDS RELATIVE ${PROJECT_SOURCE_DIR}/include
     ${PROJECT_SOURCE_DIR}/include/fanfare/*.hpp)
list(FILTER headers EXCLUDE REGEX "^fanfare/(detail/|src/|src\\.hpp$)")
if(NOT FANFARE_WITH_REDIS)
    list(FILTER headers EXCLUDE REGEX "^fanfare/(.*/)?redis")
endif()
if(NOT FANFARE_WITH_SQLITE)
    list(FILTER headers EXCLUDE REGEX "^fanfare/(.*/)?sqlite")
endif()
if(NOT FANFARE_WITH_SSL)
    list(FILTER headers EXCLUDE REGEX "^fanfare/(ssl\\.hpp$|auth/jwt)")
endif()

set(header_units)
set(units_with_body)
set(all_headers)
foreach(header IN LISTS headers)
    string(MAKE_C_IDENTIFIER ${header} unit)
    file(CONFIGURE OUTPUT headers/${unit}.cpp CONTENT "#include <${header}>\n#include <${header}>\n")
    list(APPEND header_units ${CMAKE_CURRENT_BINARY_DIR}/headers/${unit}.cpp)
    file(STRINGS ${PROJECT_SOURCE_DIR}/include/${header} body REGEX "FANFARE_HEADER_ONLY" LIMIT_COUNT 1)
    if(body)
        list(APPEND units_with_body ${CMAKE_CURRENT_BINARY_DIR}/headers/${unit}.cpp)
    endif()
    string(PREPEND all_headers "#include <${header}>\n")
endforeach()
file(CONFIGURE OUTPUT headers/all_headers.cpp CONTENT "${all_headers}int main() {}\n")
file(CONFIGURE OUTPUT headers/all_headers_again.cpp CONTENT "${all_headers}")

# Who only publishes does not pay for Beast.
if("fanfare/fanfare.hpp" IN_LIST headers)
    file(CONFIGURE OUTPUT headers/publisher.cpp CONTENT "#include <fanfare/fanfare.hpp>
#if defined(BOOST_BEAST_HTTP_MESSAGE_HPP) || defined(BOOST_BEAST_WEBSOCKET_STREAM_HPP)
#error \"fanfare.hpp brings in Beast's HTTP or WebSocket\"
#endif
")
    list(APPEND header_units ${CMAKE_CURRENT_BINARY_DIR}/headers/publisher.cpp)
    list(APPEND units_with_body ${CMAKE_CURRENT_BINARY_DIR}/headers/publisher.cpp)
endif()

add_library(headers_alone_fanfare OBJECT EXCLUDE_FROM_ALL ${units_with_body})
add_library(headers_alone_compiled OBJECT EXCLUDE_FROM_ALL ${header_units})
foreach(library IN ITEMS fanfare compiled)
    # No object file comes of it: who asks again has them compiled again.
    target_compile_options(headers_alone_${library} PRIVATE $<$<CXX_COMPILER_ID:GNU,Clang,AppleClang>:-fsyntax-only>)
    add_executable(headers_${library} EXCLUDE_FROM_ALL
        ${CMAKE_CURRENT_BINARY_DIR}/headers/all_headers.cpp ${CMAKE_CURRENT_BINARY_DIR}/headers/all_headers_again.cpp)
    foreach(target IN ITEMS headers_alone_${library} headers_${library})
        target_link_libraries(${target} PRIVATE fanfare::${library})
        target_compile_options(${target} PRIVATE $<$<CXX_COMPILER_ID:GNU,Clang,AppleClang>:-O0 -g0>)
        fanfare_warnings(${target})
    endforeach()
endforeach()

fanfare_build_test(headers headers_alone_fanfare headers_fanfare headers_alone_compiled headers_compiled)
