// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_ROOM_NAMESPACES_HPP
#define FANFARE_DETAIL_ROOM_NAMESPACES_HPP

#include <fanfare/config.hpp>
#include <fanfare/detail/room/namespace_rules.hpp>
#include <fanfare/options.hpp>

#include <boost/system/error_code.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace fanfare::detail {

/// Which rooms may exist, and by what rules: `global`, `device:`, `group:` and `user:` from the start. Thread-safe.
class namespaces {
public:
    /// `max_room_name` in bytes. `shared_store`: what publishes to a room on any hub of the bus reaches one store, so
    /// that a room may have a history.
    namespaces(std::size_t max_room_name, bool shared_store);

    /// Sets the rules of a namespace: `chat:` for all rooms of that prefix, `global` for one room. Throws
    /// `system_error`: `invalid_room`, or `invalid_config` for rules that cannot work.
    void configure(std::string_view name, const room_options& rules);
    /// The rules for a room; null, with `ec` set, if there are none: `invalid_room` or `unknown_room`.
    std::shared_ptr<const namespace_rules> rules_for(std::string_view room, error_code& ec) const;
    /// The same for reading what is kept: also of a room whose name was good for an earlier version (`was_room_name`).
    std::shared_ptr<const namespace_rules> rules_to_read(std::string_view room, error_code& ec) const;
    /// `rules_for`; throws `system_error` if there are none.
    std::shared_ptr<const namespace_rules> rules_for(std::string_view room) const;

    /// The names by `namespace_rules::number`: `""` for no namespace, then each with its colon.
    std::vector<std::string> names() const;

private:
    using name_test = bool (*)(std::string_view name, std::size_t max_size) noexcept;
    std::shared_ptr<const namespace_rules> find(std::string_view room, name_test is_name, error_code& ec) const;

    std::uint8_t number_of(std::string_view name);

    const std::size_t max_room_name_;
    const bool shared_store_;
    mutable std::mutex mutex_;
    std::map<std::string, std::shared_ptr<const namespace_rules>, std::less<>> rules_;
    std::vector<std::string> names_{""}; // by number; the first is nobody's
};

} // namespace fanfare::detail

#if defined(FANFARE_HEADER_ONLY)
#include <fanfare/detail/room/namespaces.ipp>
#endif

#endif
