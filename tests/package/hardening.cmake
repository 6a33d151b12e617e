# Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
# package.hardening: that PROGRAM is hardened, as far as READELF can show it; see cmake/hardening.cmake.

execute_process(COMMAND ${READELF} --wide --dynamic --program-headers --dyn-syms ${PROGRAM}
    OUTPUT_VARIABLE seen COMMAND_ERROR_IS_FATAL ANY)

function(expect pattern what)
    if(NOT seen MATCHES "${pattern}")
        message(SEND_ERROR "${PROGRAM} has no ${what}")
    endif()
endfunction()

expect("GNU_RELRO" "table that becomes read-only (-z relro)")
expect("BIND_NOW" "binding at its start (-z now)")
expect("__stack_chk_fail" "guard of return addresses (-fstack-protector-strong)")
expect("__glibcxx_assert_fail" "check of an index (_GLIBCXX_ASSERTIONS)")
if(FORTIFIED)
    expect("cpy_chk@" "copy with a size that is checked (_FORTIFY_SOURCE)")
endif()
