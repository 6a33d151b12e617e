// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_TRUSTED_PROXIES_HPP
#define FANFARE_TRUSTED_PROXIES_HPP

#include <fanfare/config.hpp>

#include <boost/asio/ip/address.hpp>
#include <boost/beast/http/message.hpp>

#include <array>
#include <functional>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace fanfare {

/// Whose address a request has.
struct client_address {
    /// The client's. The unspecified one, which is nobody's and is counted by no limit, if the entry that counts tells none.
    asio::ip::address address{};
    /// A trusted proxy forwards the request: it has the header that is read, or another that shows a proxy (`Forwarded`,
    /// `X-Forwarded-For`, `X-Real-IP`, `Via`).
    bool forwarded = false;
};

/// The proxies that are believed when they say for which client they ask: in `Forwarded` (RFC 7239), in
/// `X-Forwarded-For`, or in a PROXY header before all else (`listen_options::proxy_protocol`).
///
/// Anybody can send such headers, so they are read only if the peer itself is one of these. Each proxy appends the address
/// from which it got the request: the list is read from right to left, and the first address that is no trusted proxy's is
/// the client's (if all are trusted: the first in the list). What stands to the left of it the client may have invented. So
/// each proxy has to write its header in every request: one that leaves it out at times passes on what the client has made
/// up. A request without the header has the proxy's own address.
///
/// A value; the `const` functions may be called from any thread.
/// @code
/// server_options options{.proxies = {"10.0.0.1", "2001:db8:1::/64", "unix"}};
/// @endcode
class trusted_proxies {
public:
    /// Trusts nobody: a client's address is its connection's.
    trusted_proxies() = default;
    /// Trusts these. Throws as `trust` does.
    trusted_proxies(std::initializer_list<std::string_view> proxies)
    {
        for (const auto proxy : proxies)
            trust(proxy);
    }

    /// Adds an address (`192.0.2.1`, `2001:db8::1`), a range (`10.0.0.0/8`, RFC 4632 section 3.1; `2001:db8::/32`), or
    /// `unix`: whoever comes by a Unix socket.
    ///
    /// Throws `boost::system::system_error` with `error::invalid_config`, which names it, if it is none of these, or if a
    /// range has bits behind its prefix.
    trusted_proxies& trust(std::string_view proxy);

    /// Reads this header only: `Forwarded`, or one that has an address or a list of them, such as `X-Forwarded-For`,
    /// `X-Real-IP` or `CF-Connecting-IP`. By default both
    /// `Forwarded` and `X-Forwarded-For` are read, and a request in which they name different clients is refused with
    /// 400, since one of them may be the client's own.
    ///
    /// Throws `boost::system::system_error` with `error::invalid_config` if it is no header's name.
    trusted_proxies& by_header(std::string_view name);

    bool empty() const noexcept { return ranges_.empty() && !unix_; }
    /// Whether a peer of this address is trusted. The unspecified address is that of a Unix socket.
    bool trusts(const asio::ip::address& peer) const noexcept;

    /// Whose request it is. Nothing if that cannot be said, and the request is to be refused with 400: `Forwarded` is
    /// malformed, or two headers name different clients.
    ///
    /// @param peer The address of the connection's other end.
    /// @param request The head of the request.
    template <class Fields>
    std::optional<client_address> client_of(const asio::ip::address& peer,
                                            const boost::beast::http::header<true, Fields>& request) const
    {
        return find_client(peer, [&request](std::string_view name) -> std::optional<std::string> {
            std::string list;
            const auto [first, last] = request.equal_range(name);
            if (first == last)
                return std::nullopt;
            for (auto line = first; line != last; ++line) {
                if (line != first)
                    list += ',';
                list += line->value();
            }
            return list;
        });
    }

private:
    struct range {
        std::array<unsigned char, 16> bytes{};
        unsigned prefix = 0; // in bits
        bool v6 = false;
    };

    // All lines of a header of this name, as one list; nothing if there is none.
    using line_reader = std::function<std::optional<std::string>(std::string_view name)>;

    static range read_range(std::string_view text);
    std::optional<client_address> find_client(const asio::ip::address& peer, const line_reader& lines) const;
    asio::ip::address last_untrusted_address(const std::vector<std::string>& nodes) const;

    std::vector<range> ranges_;
    bool unix_ = false;
    std::vector<std::string> headers_{"Forwarded", "X-Forwarded-For"};
};

} // namespace fanfare

#if defined(FANFARE_HEADER_ONLY)
#include <fanfare/trusted_proxies.ipp>
#endif

#endif
