# Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
# FANFARE_HARDEN: this project's examples, demos and tests check and guard themselves as far as compiler and linker can
# do it. All of it is PRIVATE: no user inherits it. The benchmarks have none of it: they measure the library as users
# build it.
#   _GLIBCXX_ASSERTIONS        an index or an iterator outside ends the program
#   _FORTIFY_SOURCE            so does a copy beyond a buffer whose size the compiler knows; only with optimisation
#   -fstack-protector-strong   so does a return address that was written over
#   -fstack-clash-protection   no frame is larger than the guard page that it would have to jump
#   -fcf-protection            where the processor knows it (x86), jumps go only to where a jump may go
#   -z relro, -z now           the table of functions of other libraries is read-only once the program runs
include(CheckCXXCompilerFlag)
include(CheckCXXSourceCompiles)
include(CheckLinkerFlag)
include(CMakePushCheckState)

set(fanfare_hardening)
set(fanfare_hardening_link)
# Sanitizers find more of the same, and better by themselves.
set(fanfare_all_flags "${CMAKE_CXX_FLAGS}")
foreach(configuration IN ITEMS ${CMAKE_BUILD_TYPE} ${CMAKE_CONFIGURATION_TYPES})
    string(TOUPPER "${configuration}" upper)
    string(APPEND fanfare_all_flags " ${CMAKE_CXX_FLAGS_${upper}}")
endforeach()
if(FANFARE_HARDEN AND NOT MSVC AND NOT fanfare_all_flags MATCHES "-fsanitize")
    list(APPEND fanfare_hardening -D_GLIBCXX_ASSERTIONS)
    foreach(flag IN ITEMS -fstack-protector-strong -fstack-clash-protection -fcf-protection)
        string(MAKE_C_IDENTIFIER "FANFARE_HAS_${flag}" known)
        check_cxx_compiler_flag(${flag} ${known})
        if(${known})
            list(APPEND fanfare_hardening ${flag})
        endif()
    endforeach()

    # Without optimisation the C library only warns. The last -O of a configuration counts.
    cmake_push_check_state()
    string(APPEND CMAKE_REQUIRED_FLAGS " -O1 -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=3")
    check_cxx_source_compiles("
        #include <cstdlib>
        #if !defined(__USE_FORTIFY_LEVEL) || __USE_FORTIFY_LEVEL < 3
        #error
        #endif
        int main() {}" FANFARE_HAS_FORTIFY_3)
    cmake_pop_check_state()
    set(level $<IF:$<BOOL:${FANFARE_HAS_FORTIFY_3}>,3,2>)
    set(configurations ${CMAKE_CONFIGURATION_TYPES})
    if(NOT configurations)
        set(configurations "${CMAKE_BUILD_TYPE}")
    endif()
    foreach(configuration IN LISTS configurations)
        string(TOUPPER "${configuration}" upper)
        string(REGEX MATCHALL " -O[^ ]*" optimisation " ${CMAKE_CXX_FLAGS} ${CMAKE_CXX_FLAGS_${upper}}")
        if(optimisation AND NOT optimisation MATCHES "-O0$")
            # Undefined first: some distributions' compilers define it by themselves.
            list(APPEND fanfare_hardening
                "$<$<CONFIG:${configuration}>:-U_FORTIFY_SOURCE;-D_FORTIFY_SOURCE=${level}>")
        endif()
    endforeach()

    check_linker_flag(CXX -Wl,-z,relro,-z,now FANFARE_HAS_RELRO)
    if(FANFARE_HAS_RELRO)
        list(APPEND fanfare_hardening_link -Wl,-z,relro,-z,now)
    endif()
endif()

function(fanfare_harden target)
    target_compile_options(${target} PRIVATE ${fanfare_hardening})
    get_target_property(type ${target} TYPE)
    if(type STREQUAL "EXECUTABLE")
        target_link_options(${target} PRIVATE ${fanfare_hardening_link})
    endif()
endfunction()
