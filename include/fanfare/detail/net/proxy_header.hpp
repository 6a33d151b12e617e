// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_NET_PROXY_HEADER_HPP
#define FANFARE_DETAIL_NET_PROXY_HEADER_HPP

#include <fanfare/config.hpp>

#include <boost/asio/ip/address.hpp>

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace fanfare::detail {

/// Reads a PROXY header, of version 1 or 2 (HAProxy's "The PROXY protocol", sections 2.1 and 2.2), in pieces of any size.
/// It does no I/O, and keeps 107 bytes at most. Not thread-safe.
class proxy_header {
public:
    enum class state {
        incomplete,
        complete,
        malformed, ///< The connection has to end (sections 2.1 and 2.2).
    };

    /// Takes bytes: how many belong to the header. All of them while it is incomplete; after it is complete, or malformed,
    /// none.
    std::size_t feed(std::string_view bytes);

    state now() const noexcept { return now_; }
    /// What it is when `malformed`, as a sentence for the operator of the proxy.
    const char* fault() const noexcept { return fault_; }

    /// The proxy speaks for itself (`LOCAL`): the client's address is the connection's.
    bool local() const noexcept { return local_; }
    /// The client's address. Nothing if the proxy does not know it (`UNKNOWN`, an unspecified family), or the client came
    /// to it by a Unix socket. Precondition: `complete`, and not `local`.
    const std::optional<asio::ip::address>& source() const noexcept { return source_; }

private:
    static constexpr std::size_t fixed_size = 16;                 // of version 2
    static constexpr std::size_t addresses_size = 2 * 16 + 2 * 2; // at most, of those that count
    static constexpr std::size_t max_line = 107;                  // of version 1

    void take(char c);
    void take_line(char c);
    void read_line();
    void read_fixed();
    void read_source();
    void fail(const char* fault);

    std::string head_{};   // what has to be looked at
    std::size_t rest_ = 0; // bytes of version 2 that are to come behind the fixed part
    state now_ = state::incomplete;
    bool local_ = false;
    std::optional<asio::ip::address> source_{};
    const char* fault_ = "";
};

} // namespace fanfare::detail

#if defined(FANFARE_HEADER_ONLY)
#include <fanfare/detail/net/proxy_header.ipp>
#endif

#endif
