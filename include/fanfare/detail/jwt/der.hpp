// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_JWT_DER_HPP
#define FANFARE_DETAIL_JWT_DER_HPP

#include <fanfare/config.hpp>

#include <string>
#include <string_view>

namespace fanfare::detail {

// DER (ITU-T X.690), as far as public keys and ECDSA signatures need it: all versions of OpenSSL read that alike.

/// One value: tag, length and content.
inline std::string der(unsigned char tag, std::string_view content)
{
    std::string out(1, static_cast<char>(tag));
    if (content.size() < 0x80) {
        out += static_cast<char>(content.size());
    } else {
        std::string length;
        for (auto left = content.size(); left != 0; left >>= 8)
            length.insert(length.begin(), static_cast<char>(left & 0xFF));
        out += static_cast<char>(0x80 | length.size());
        out += length;
    }
    out += content;
    return out;
}

inline std::string der_sequence(std::string_view content)
{
    return der(0x30, content);
}

/// Without the zero bytes at its front.
inline std::string_view without_zeros(std::string_view number) noexcept
{
    const auto first = number.find_first_not_of('\0');
    return first == std::string_view::npos ? std::string_view{} : number.substr(first);
}

/// A number that is not negative, from its bytes, the most significant first.
inline std::string der_integer(std::string_view number)
{
    number = without_zeros(number);
    std::string content;
    if (number.empty() || (static_cast<unsigned char>(number.front()) & 0x80) != 0)
        content += '\0';
    content += number;
    return der(0x02, content);
}

/// A SubjectPublicKeyInfo (RFC 5280 section 4.1), from the DER of the AlgorithmIdentifier and the bytes of the key.
inline std::string der_public_key(std::string_view algorithm, std::string_view key)
{
    const std::string bits = std::string(1, '\0') + std::string{key};
    return der_sequence(std::string{algorithm} + der(0x03, bits));
}

} // namespace fanfare::detail

#endif
