# Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
# What a user gets wrong is told in a sentence of the library's, in the compiler's output, and not by errors from inside
# of it. wrong_calls.cpp holds the calls; MISTAKE chooses one.

# fanfare_diagnostic(NAME MISTAKE SENTENCE [FLAG...]): the mistake does not compile, and the compiler says the sentence.
function(fanfare_diagnostic name mistake sentence)
    string(REGEX REPLACE "([][().*+?^$|\\])" "\\\\\\1" sentence "${sentence}")
    add_test(NAME diagnostics.${name}
        COMMAND ${CMAKE_CXX_COMPILER} -std=c++20 ${ARGN} -fsyntax-only -DMISTAKE=${mistake}
                -DFANFARE_SEPARATE_COMPILATION -I${PROJECT_SOURCE_DIR}/include
                -I$<JOIN:$<TARGET_PROPERTY:Boost::headers,INTERFACE_INCLUDE_DIRECTORIES>,;-I>
                ${CMAKE_CURRENT_LIST_DIR}/wrong_calls.cpp
        COMMAND_EXPAND_LISTS)
    set_tests_properties(diagnostics.${name} PROPERTIES
        LABELS docs TIMEOUT 300 PASS_REGULAR_EXPRESSION "${sentence}")
endfunction()

add_test(NAME diagnostics.right_calls
    COMMAND ${CMAKE_CXX_COMPILER} -std=c++20 -fsyntax-only -DMISTAKE=0
            -DFANFARE_SEPARATE_COMPILATION -I${PROJECT_SOURCE_DIR}/include
            -I$<JOIN:$<TARGET_PROPERTY:Boost::headers,INTERFACE_INCLUDE_DIRECTORIES>,;-I>
            ${CMAKE_CURRENT_LIST_DIR}/wrong_calls.cpp
    COMMAND_EXPAND_LISTS)
set_tests_properties(diagnostics.right_calls PROPERTIES LABELS docs TIMEOUT 300)

fanfare_diagnostic(accept 1 "hub::accept: include <fanfare/websocket.hpp>")
fanfare_diagnostic(accept_events 2 "hub::accept_events: include <fanfare/sse.hpp>")
fanfare_diagnostic(authorizer 3 "hub::authorize: takes a copyable bool(const access_request&)")
fanfare_diagnostic(handler 4 "hub::on_message: takes void(request)")
fanfare_diagnostic(bus 5 "fanfare::hub: the bus lacks something of the concept in <fanfare/bus.hpp>")
fanfare_diagnostic(store 6 "fanfare::hub: the store lacks something of the concept in <fanfare/store.hpp>")
fanfare_diagnostic(language 0 "Fanfare needs C++20" -std=c++17)
