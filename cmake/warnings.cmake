# Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
# Warnings for this project's own programs. They are PRIVATE: no user inherits them.

function(fanfare_warnings target)
    target_compile_options(${target} PRIVATE
        $<$<CXX_COMPILER_ID:GNU,Clang,AppleClang>:-Wall -Wextra -Wpedantic -Wshadow -Wconversion
        -Wsign-conversion -Woverloaded-virtual -Wcast-align>
        # GCC 16 takes Asio's own operator new and delete for a coroutine's frame for mismatched.
        $<$<CXX_COMPILER_ID:GNU>:-Wno-mismatched-new-delete>
        $<$<CXX_COMPILER_ID:MSVC>:/W4 /permissive->)
    if(FANFARE_WERROR)
        set_target_properties(${target} PROPERTIES COMPILE_WARNING_AS_ERROR ON)
    endif()
endfunction()
