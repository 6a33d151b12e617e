// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_EXAMPLES_CHAT_RULES_HPP
#define FANFARE_EXAMPLES_CHAT_RULES_HPP

// What the chat allows: which rooms there are, what a name and a text may be, how often somebody may speak.

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>
#include <unordered_map>

namespace chat {

struct room {
    std::string_view
        name; ///< Messages are in `chat:NAME`, typing signals, of which none is kept, in `typing:NAME`.
    std::string_view title;
    std::string_view topic;
};

inline constexpr std::array rooms{
    room{"lobby", "Lobby", "Say hello: everybody comes through here"},
    room{"engineering", "Engineering", "Builds, bugs and big ideas"},
    room{"help", "Help", "Questions of all kinds, answered by whoever knows"},
    room{"random", "Random", "Lunch, cats, and the weather"},
};

inline bool exists(std::string_view name)
{
    return std::ranges::find(rooms, name, &room::name) != rooms.end();
}

/// The name behind `prefix`, or nothing: `lobby` of `chat:lobby`.
inline std::string_view behind(std::string_view prefix, std::string_view full)
{
    return full.starts_with(prefix) ? full.substr(prefix.size()) : std::string_view{};
}

inline constexpr std::size_t max_name = 24; ///< Characters (code points).
inline constexpr std::size_t max_text = 1000;
inline constexpr std::size_t max_key = 64; ///< Bytes of the key by which a client tries a message again.

/// Calls `f` with each code point; false if the text is not UTF-8, or `f` says so.
template <class F>
bool all_code_points(std::string_view text, F f)
{
    for (std::size_t at = 0; at != text.size();) {
        const auto lead = static_cast<unsigned char>(text[at++]);
        if ((lead >= 0x80 && lead < 0xC2) || lead >= 0xF5)
            return false;
        const std::size_t more = lead < 0x80 ? 0 : lead < 0xE0 ? 1 : lead < 0xF0 ? 2 : 3;
        if (text.size() - at < more)
            return false;
        auto code = static_cast<char32_t>(more == 0 ? lead : lead & (0x3Fu >> more));
        for (std::size_t i = 0; i != more; ++i, ++at) {
            const auto next = static_cast<unsigned char>(text[at]);
            if ((next & 0xC0u) != 0x80u)
                return false;
            code = code << 6 | (next & 0x3Fu);
        }
        if (!f(code))
            return false;
    }
    return true;
}

/// What nobody sees, or what turns the direction of writing: names could be made to look like others.
inline bool is_visible(char32_t c)
{
    return !(c < 0x20 || (c >= 0x7F && c < 0xA0) || c == 0xAD || c == 0x61C || (c >= 0x200B && c <= 0x200F) ||
             (c >= 0x2028 && c <= 0x202E) || (c >= 0x2060 && c <= 0x206F) || c == 0xFEFF ||
             // Letters and signs without ink, and the tags.
             c == 0x034F || c == 0x115F || c == 0x1160 || c == 0x180E || c == 0x2800 || c == 0x3164 ||
             c == 0xFFA0 || (c >= 0xE0000 && c <= 0xE0FFF));
}

/// A space of some kind.
inline bool is_blank(char32_t c)
{
    return c == ' ' || c == '\n' || c == '\t' || c == 0xA0 || c == 0x1680 || (c >= 0x2000 && c <= 0x200A) ||
           c == 0x202F || c == 0x205F || c == 0x3000;
}

/// What is wrong with a name; empty if nothing is.
inline std::string_view wrong_with_name(std::string_view name)
{
    std::size_t count = 0;
    bool ink = false;
    if (!all_code_points(name, [&](char32_t c) { return ++count, ink |= !is_blank(c), is_visible(c); }))
        return "a name has visible characters only";
    if (!ink)
        return "a name must not be empty";
    if (count > max_name)
        return "a name has at most 24 characters";
    if (name.front() == ' ' || name.back() == ' ')
        return "a name neither begins nor ends with a space";
    return {};
}

/// What is wrong with a message's text; empty if nothing is.
inline std::string_view wrong_with_text(std::string_view text)
{
    std::size_t count = 0;
    bool ink = false;
    if (!all_code_points(text, [&](char32_t c) {
            return ++count, ink |= is_visible(c) && !is_blank(c), c >= 0x20 || c == '\n' || c == '\t';
        }))
        return "a text has no control characters but line breaks and tabs";
    if (!ink)
        return "a text must not be empty";
    if (count > max_text)
        return "a text has at most 1000 characters";
    return {};
}

/// How often each user may do something: `burst` times at once, then one more every `interval`.
class allowances {
public:
    using time_point = std::chrono::steady_clock::time_point;

    allowances(std::chrono::milliseconds interval, int burst) : interval_{interval}, window_{interval * burst} {}

    bool take(const std::string& user, time_point now)
    {
        if (used_until_.size() >= sweep_at_)
            sweep(now);
        // Each use costs one interval of a debt that time pays off.
        auto& until = used_until_.try_emplace(user, now).first->second;
        const auto next = std::max(until, now) + interval_;
        if (next - now > window_)
            return false;
        until = next;
        return true;
    }

private:
    void sweep(time_point now)
    {
        std::erase_if(used_until_, [now](const auto& one) { return one.second <= now; });
        sweep_at_ = std::max<std::size_t>(1024, 2 * used_until_.size());
    }

    std::chrono::milliseconds interval_;
    std::chrono::milliseconds window_;
    std::unordered_map<std::string, time_point> used_until_;
    std::size_t sweep_at_ = 1024;
};

} // namespace chat

#endif
