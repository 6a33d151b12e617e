// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_BASE_LIST_SCANNER_HPP
#define FANFARE_DETAIL_BASE_LIST_SCANNER_HPP

#include <fanfare/config.hpp>

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace fanfare::detail {

/// Whether it may stand in a token (RFC 9110 section 5.6.2).
inline bool is_token_char(char c) noexcept
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           (c != '\0' && std::string_view{"!#$%&'*+-.^_`|~"}.find(c) != std::string_view::npos);
}

/// Reads tokens, quoted strings and what stands between them (RFC 9110 section 5.6) off the beginning of a header's value,
/// which outlives it.
class list_scanner {
public:
    explicit list_scanner(std::string_view text) : rest_{text} {}

    bool at_end()
    {
        skip_space();
        return rest_.empty();
    }
    bool skip(char wanted)
    {
        skip_space();
        return take(wanted);
    }
    /// Empty if there is none.
    std::string token()
    {
        skip_space();
        const auto end = std::find_if_not(rest_.begin(), rest_.end(), is_token_char);
        std::string out{rest_.begin(), end};
        rest_.remove_prefix(out.size());
        return out;
    }
    /// What a quoted string says (section 5.6.4). Nothing if there is none, or it does not end.
    std::optional<std::string> quoted()
    {
        if (!skip('"'))
            return std::nullopt;
        std::string out;
        while (!rest_.empty() && rest_.front() != '"') {
            if (rest_.front() == '\\')
                rest_.remove_prefix(1);
            if (rest_.empty())
                return std::nullopt;
            out += rest_.front();
            rest_.remove_prefix(1);
        }
        return take('"') ? std::optional{std::move(out)} : std::nullopt;
    }
    /// A token, or what a quoted string says. Nothing if there is neither.
    std::optional<std::string> text()
    {
        skip_space();
        if (rest_.starts_with('"'))
            return quoted();
        auto out = token();
        return out.empty() ? std::nullopt : std::optional{std::move(out)};
    }

private:
    bool take(char wanted)
    {
        if (!rest_.starts_with(wanted))
            return false;
        rest_.remove_prefix(1);
        return true;
    }
    void skip_space()
    {
        const auto first = rest_.find_first_not_of(" \t");
        rest_.remove_prefix(std::min(first, rest_.size()));
    }

    std::string_view rest_;
};

} // namespace fanfare::detail

#endif
