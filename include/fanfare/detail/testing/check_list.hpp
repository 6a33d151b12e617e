// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_TESTING_CHECK_LIST_HPP
#define FANFARE_DETAIL_TESTING_CHECK_LIST_HPP

#include <fanfare/testing/check.hpp>

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

namespace fanfare::detail {

/// Gathers the checks of one kind of adapter. Each of them makes adapters of its own when it runs, with `make`, and looks
/// at them through a `World`, which knows what is to be made and where a check says what it saw.
template <class World, class Make>
class check_list {
public:
    check_list(Make make, const testing::check_options& options) : make_{std::move(make)}, options_{options} {}

    /// `size...` is handed to `make`: how many handles this check needs, where that is asked.
    template <class... Size>
    void add(std::string name, std::string clauses, void (*look)(World&), Size... size)
    {
        all_.push_back({std::move(name), std::move(clauses), [make = make_, options = options_, look, size...] {
                            return testing::findings::of([&](testing::findings& found) {
                                auto maker = make;
                                World w{found, options.patience, maker(size...), size...};
                                look(w);
                            });
                        }});
    }

    std::vector<testing::check> take() { return std::move(all_); }

private:
    Make make_;
    testing::check_options options_;
    std::vector<testing::check> all_;
};

} // namespace fanfare::detail

#endif
