// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_WIRE_JSON_READER_HPP
#define FANFARE_DETAIL_WIRE_JSON_READER_HPP

#include <fanfare/config.hpp>

#include <boost/json/storage_ptr.hpp>
#include <boost/json/value.hpp>

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace fanfare::detail {

/// Parses JSON from outside (RFC 8259): nested at most `max_depth` deep, every number within the range of a double, and
/// each double the one that is nearest to its text. The values lie in `storage`. On failure `why` says in words what was
/// wrong, and the result is null.
json::value parse_json(std::string_view text, std::size_t max_depth, json::storage_ptr storage, std::string& why);
/// The same for values whose doubles nobody is given: Boost.JSON's, one in ten with 16 or 17 digits the neighbour of the
/// nearest. It takes what `parse_json` takes, but for numbers at the very end of a double's range.
json::value parse_json_roughly(std::string_view text, std::size_t max_depth, json::storage_ptr storage,
                               std::string& why);
/// Sets each double in `value`, which was read from `text`, to the one that is nearest to its text.
void read_doubles_exactly(std::string_view text, json::value& value);
/// Whether `parse_json_roughly` takes `text`.
bool is_json(std::string_view text, std::size_t max_depth);

/// Goes over the tokens of JSON text that a parser has taken already: it finds where values begin and end, and checks
/// nothing. It never leaves the text, whatever is in it.
class json_cursor {
public:
    explicit json_cursor(std::string_view text) noexcept : at_{text.data()}, end_{text.data() + text.size()} {}

    bool done() const noexcept { return at_ == end_; }
    /// Takes one character, and the white space before and after it. False if another one is next.
    bool take(char c) noexcept;
    /// Takes one value, and the white space around it: its text, without that.
    std::string_view value() noexcept;

private:
    void skip_space() noexcept;
    void skip_string() noexcept;

    const char* at_;
    const char* end_;
};

/// Whether `key`, a JSON string in its quotes, is `name`, however it is spelled.
bool is_json_key(std::string_view key, std::string_view name);

/// Calls `f(key, value)` with the text of each member of an object; the key in its quotes. Anything else has none. The
/// text has been parsed already.
template <class F>
void for_each_json_member(std::string_view object, F f)
{
    json_cursor at{object};
    for (bool more = at.take('{') && !at.take('}'); more && !at.done(); more = at.take(',')) {
        const auto key = at.value();
        at.take(':');
        f(key, at.value());
    }
}

/// The text of the member `name` of an object, as `for_each_json_member` finds it: of several the last, as in a parsed
/// object. Nothing if there is none.
std::optional<std::string_view> json_member_text(std::string_view object, std::string_view name);

} // namespace fanfare::detail

#if defined(FANFARE_HEADER_ONLY)
#include <fanfare/detail/wire/json_reader.ipp>
#endif

#endif
