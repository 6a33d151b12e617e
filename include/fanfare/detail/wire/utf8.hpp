// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_WIRE_UTF8_HPP
#define FANFARE_DETAIL_WIRE_UTF8_HPP

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace fanfare::detail {

// Checks UTF-8 (RFC 3629) that arrives in pieces of any size. Three bytes of state, no allocation.
class utf8_checker {
public:
    // False as soon as no continuation could make the text valid: at the first wrong byte, not at the end of
    // its sequence. After false only reset() is allowed.
    bool write(std::string_view piece) noexcept;

    // Whether the text may end here: no sequence is open.
    bool complete() const noexcept { return need_ == 0; }

    void reset() noexcept { *this = utf8_checker{}; }

private:
    bool start(unsigned char lead) noexcept;

    std::uint8_t need_ = 0;   // continuation bytes that the open sequence still needs
    std::uint8_t low_ = 0x80; // the range that the next continuation byte must be in
    std::uint8_t high_ = 0xBF;
};

// The first byte at or after `p` that is not ASCII, or `end`.
inline const char* skip_ascii(const char* p, const char* end) noexcept
{
    constexpr std::uint64_t high_bits = 0x8080808080808080u;
    while (end - p >= 32) {
        std::uint64_t words[4];
        std::memcpy(words, p, 32);
        if (((words[0] | words[1] | words[2] | words[3]) & high_bits) != 0)
            break;
        p += 32;
    }
    while (end - p >= 8) {
        std::uint64_t word;
        std::memcpy(&word, p, 8);
        if ((word & high_bits) != 0)
            break;
        p += 8;
    }
    while (p != end && static_cast<unsigned char>(*p) < 0x80)
        ++p;
    return p;
}

// Takes the first byte of a sequence that is not ASCII. The ranges are those of RFC 3629 section 4: they shut out
// overlong forms (C0, C1, E0 80, F0 80), surrogates (ED A0) and what lies above U+10FFFF (F4 90, F5).
inline bool utf8_checker::start(unsigned char lead) noexcept
{
    if (lead < 0xC2 || lead > 0xF4)
        return false;
    need_ = lead < 0xE0 ? 1 : lead < 0xF0 ? 2 : 3;
    low_ = lead == 0xE0 ? 0xA0 : lead == 0xF0 ? 0x90 : 0x80;
    high_ = lead == 0xED ? 0x9F : lead == 0xF4 ? 0x8F : 0xBF;
    return true;
}

inline bool utf8_checker::write(std::string_view piece) noexcept
{
    const char* p = piece.data();
    const char* const end = p + piece.size();
    while (p != end) {
        auto byte = static_cast<unsigned char>(*p);
        if (need_ == 0) {
            if (byte < 0x80) {
                p = skip_ascii(p, end);
                continue;
            }
            if (!start(byte))
                return false;
        } else {
            if (byte < low_ || byte > high_)
                return false;
            low_ = 0x80;
            high_ = 0xBF;
            --need_;
        }
        ++p;
    }
    return true;
}

inline bool is_utf8(std::string_view text) noexcept
{
    utf8_checker checker;
    return checker.write(text) && checker.complete();
}

// The longest front part of `text`, of at most `max_size` bytes, that is complete, valid UTF-8.
inline std::string_view utf8_prefix(std::string_view text, std::size_t max_size) noexcept
{
    text = text.substr(0, max_size);
    utf8_checker checker;
    std::size_t good = 0;
    for (std::size_t i = 0; i < text.size() && checker.write(text.substr(i, 1)); ++i) {
        if (checker.complete())
            good = i + 1;
    }
    return text.substr(0, good);
}

} // namespace fanfare::detail

#endif
