// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_NET_PROXY_HEADER_IPP
#define FANFARE_DETAIL_NET_PROXY_HEADER_IPP

#include <fanfare/detail/net/endpoint_address.hpp>
#include <fanfare/detail/net/proxy_header.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>

namespace fanfare::detail {

inline constexpr std::string_view proxy_signature{"\r\n\r\n\0\r\nQUIT\n", 12}; // of version 2
inline constexpr std::string_view proxy_word = "PROXY ";                       // of version 1

FANFARE_DECL std::size_t proxy_header::feed(std::string_view bytes)
{
    std::size_t used = 0;
    while (used != bytes.size() && now_ == state::incomplete) {
        const bool skips = rest_ != 0 && head_.size() == fixed_size + addresses_size;
        const auto n = skips ? std::min(rest_, bytes.size() - used) : 1;
        if (skips)
            rest_ -= n;
        else
            take(bytes[used]);
        used += n;
        if (skips && rest_ == 0)
            read_source();
    }
    return used;
}

FANFARE_DECL void proxy_header::take(char c)
{
    head_ += c;
    const auto n = head_.size();
    if (n > fixed_size && head_.front() == proxy_signature.front()) {
        if (--rest_ == 0)
            read_source();
    } else if (head_ == proxy_signature.substr(0, n)) {
        return;
    } else if (head_.starts_with(proxy_signature)) {
        if (n == fixed_size)
            read_fixed();
    } else if (head_.starts_with(proxy_word)) {
        take_line(c);
    } else if (head_ != proxy_word.substr(0, n)) {
        fail("no PROXY header, which is expected here before all else");
    }
}

FANFARE_DECL void proxy_header::fail(const char* fault)
{
    now_ = state::malformed;
    fault_ = fault;
}

FANFARE_DECL void proxy_header::take_line(char c)
{
    const bool after_cr = head_.size() > 1 && head_[head_.size() - 2] == '\r';
    if ((c == '\n') != after_cr)
        return fail("PROXY header: a line that does not end in CRLF");
    if (c == '\n')
        return read_line();
    if (head_.size() == max_line)
        fail("PROXY header: the line is too long");
}

// A decimal number without zeros before it.
inline bool is_port(std::string_view text)
{
    std::uint32_t n = 0;
    const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), n);
    return failed == std::errc{} && end == text.data() + text.size() && n <= 65'535 &&
           (text.size() == 1 || text.front() != '0');
}

// An address of exactly this family.
inline std::optional<asio::ip::address> address_in_line(std::string_view text, bool v6)
{
    const auto address = read_address(text);
    return address && address->is_v6() == v6 ? address : std::nullopt;
}

// The address, unless it is the unspecified one, which is nobody's.
inline std::optional<asio::ip::address> known_address(const asio::ip::address& address)
{
    const auto known = unmapped(address);
    return known.is_unspecified() ? std::nullopt : std::optional{known};
}

FANFARE_DECL void proxy_header::read_line()
{
    auto line = std::string_view{head_}.substr(proxy_word.size(), head_.size() - proxy_word.size() - 2);
    now_ = state::complete;
    if (line == "UNKNOWN" || line.starts_with("UNKNOWN ")) // what follows is to be ignored
        return;
    std::array<std::string_view, 5> words;
    for (auto& word : words) {
        const auto end = std::min(line.find(' '), line.size());
        word = line.substr(0, end);
        line.remove_prefix(&word == &words.back() ? end : std::min(end + 1, line.size()));
    }
    const bool v6 = words[0] == "TCP6";
    const auto source = address_in_line(words[1], v6);
    const bool good = line.empty() && (v6 || words[0] == "TCP4") && source && address_in_line(words[2], v6) &&
                      is_port(words[3]) && is_port(words[4]);
    if (!good)
        return fail("PROXY header: malformed line");
    source_ = known_address(*source);
}

FANFARE_DECL void proxy_header::read_fixed()
{
    const auto byte = [this](std::size_t at) { return static_cast<unsigned char>(head_[at]); };
    if (byte(12) >> 4 != 2 || (byte(12) & 15) > 1)
        return fail("PROXY header: neither version 2 nor a known command");
    local_ = (byte(12) & 15) == 0;
    const auto family = byte(13) >> 4;
    const auto transport = byte(13) & 15;
    if (!local_ && (family > 3 || transport > 2))
        return fail("PROXY header: an address family or a protocol that is not known");
    rest_ = static_cast<std::size_t>(byte(14)) << 8 | byte(15);
    constexpr std::array<std::size_t, 4> needed{0, 12, 36, 216};
    if (!local_ && transport != 0 && rest_ < needed[static_cast<std::size_t>(family)])
        return fail("PROXY header: shorter than its addresses");
    if (rest_ == 0)
        read_source();
}

FANFARE_DECL void proxy_header::read_source()
{
    now_ = state::complete;
    const auto kind = static_cast<unsigned char>(head_[13]);
    if (local_ || (kind & 15) == 0)
        return;
    const auto copy = [this](auto bytes) {
        std::copy_n(head_.begin() + fixed_size, bytes.size(), bytes.begin());
        return bytes;
    };
    if (kind >> 4 == 1)
        source_ = known_address(asio::ip::address_v4{copy(asio::ip::address_v4::bytes_type{})});
    else if (kind >> 4 == 2)
        source_ = known_address(asio::ip::address_v6{copy(asio::ip::address_v6::bytes_type{})});
}

} // namespace fanfare::detail

#endif
