// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_HTTP_EXTENSIONS_IPP
#define FANFARE_DETAIL_HTTP_EXTENSIONS_IPP

#include <fanfare/auth.hpp>
#include <fanfare/detail/base/list_scanner.hpp>
#include <fanfare/detail/http/extensions.hpp>

#include <algorithm>

namespace fanfare::detail {

inline bool read_extension(list_scanner& from, extension_offer& out)
{
    out.name = from.token();
    if (out.name.empty())
        return false;
    while (from.skip(';')) {
        auto name = from.token();
        if (name.empty())
            return false;
        std::optional<std::string> value;
        if (from.skip('=')) {
            value = from.text(); // what is quoted must be a token, too (RFC 6455 section 9.1)
            if (!value || value->empty() || !std::all_of(value->begin(), value->end(), is_token_char))
                return false;
        }
        out.parameters.emplace_back(std::move(name), std::move(value));
    }
    return true;
}

FANFARE_DECL std::optional<std::vector<extension_offer>> read_extensions(std::string_view list)
{
    std::vector<extension_offer> all;
    list_scanner from{list};
    while (!from.at_end()) {
        if (from.skip(','))
            continue; // an empty element
        if (!read_extension(from, all.emplace_back()) || (!from.at_end() && !from.skip(',')))
            return std::nullopt;
    }
    if (all.empty())
        return std::nullopt;
    return all;
}

FANFARE_DECL std::optional<std::vector<std::string>> read_protocols(std::string_view list)
{
    std::vector<std::string> all;
    list_scanner from{list};
    while (!from.at_end()) {
        if (from.skip(','))
            continue;
        auto one = from.token();
        if (one.empty() || std::find(all.begin(), all.end(), one) != all.end() ||
            (!from.at_end() && !from.skip(',')))
            return std::nullopt;
        all.push_back(std::move(one));
    }
    if (all.empty())
        return std::nullopt;
    return all;
}

// A window, 8 to 15 in decimal without zeros in front (RFC 7692 section 7.1.2); 0 if it is none.
inline int window_bits(const std::string& text) noexcept
{
    for (int bits = 8; bits <= 15; ++bits)
        if (text == std::to_string(bits))
            return bits;
    return 0;
}

// The parameters of one offer. `std::optional<int>`: 0 for one without a value.
struct deflate_offer_parameters {
    std::optional<int> server_bits;
    std::optional<int> client_bits;
    bool server_no_context = false;
    bool client_no_context = false;

    // False if the offer must be declined.
    bool take(const std::string& name, const std::optional<std::string>& value)
    {
        if (equal_ignoring_case(name, "server_no_context_takeover"))
            return !value && !std::exchange(server_no_context, true);
        if (equal_ignoring_case(name, "client_no_context_takeover"))
            return !value && !std::exchange(client_no_context, true);
        const int bits = value ? window_bits(*value) : 0;
        if (equal_ignoring_case(name, "server_max_window_bits")) {
            const bool first = !std::exchange(server_bits, bits);
            return first && bits >= 9;
        }
        if (equal_ignoring_case(name, "client_max_window_bits")) {
            const bool first = !std::exchange(client_bits, bits);
            return first && (!value || bits != 0);
        }
        return false;
    }
};

FANFARE_DECL std::optional<deflate_agreement> agree_on_deflate(const std::vector<extension_offer>& offers)
{
    for (const auto& offer : offers) {
        if (!equal_ignoring_case(offer.name, "permessage-deflate"))
            continue;
        deflate_offer_parameters wanted;
        if (!std::all_of(offer.parameters.begin(), offer.parameters.end(),
                         [&](const auto& p) { return wanted.take(p.first, p.second); }))
            continue;
        // Without context takeover on either side, so that receivers can share the bytes and an idle connection holds no
        // window (RFC 7692 section 7.1.1).
        deflate_agreement out{"permessage-deflate; server_no_context_takeover; client_no_context_takeover"};
        if (wanted.server_bits) {
            out.server_window_bits = *wanted.server_bits;
            out.answer += "; server_max_window_bits=" + std::to_string(out.server_window_bits);
        }
        // A client that may use 8 bits is not held to it: many have a zlib that cannot, and a larger window is room enough.
        if (wanted.client_bits && *wanted.client_bits >= 9) {
            out.client_window_bits = *wanted.client_bits;
            out.answer += "; client_max_window_bits=" + std::to_string(out.client_window_bits);
        }
        return out;
    }
    return std::nullopt;
}

} // namespace fanfare::detail

#endif
