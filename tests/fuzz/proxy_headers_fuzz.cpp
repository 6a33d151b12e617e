// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
//
// libFuzzer target for what proxies say about clients. The first byte chooses: a PROXY header, which must be the same
// whatever the pieces are in which it comes; or the value of `Forwarded` or `X-Forwarded-For` as a client sends it, which
// must not change what a trusted proxy adds behind it.
#include "require.hpp"

#include <fanfare/detail/net/proxy_header.hpp>
#include <fanfare/trusted_proxies.hpp>

#include <boost/asio/ip/address.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/message.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace {

using fanfare::detail::proxy_header;
using fanfare::test::require;
namespace http = boost::beast::http;

void check_proxy_header(std::string_view bytes, std::size_t piece)
{
    proxy_header whole;
    const auto used = whole.feed(bytes);
    require(used <= bytes.size(), "no more is taken than there is");
    require(whole.now() != proxy_header::state::incomplete || used == bytes.size(),
            "what is incomplete takes all");
    require(whole.now() != proxy_header::state::malformed || *whole.fault() != '\0', "what is malformed says why");
    proxy_header pieces;
    std::size_t taken = 0;
    while (taken != bytes.size() && pieces.now() == proxy_header::state::incomplete)
        taken += pieces.feed(bytes.substr(taken, piece));
    require(pieces.now() == whole.now(), "the pieces do not matter for what it is");
    require(taken == used, "the pieces do not matter for what is taken");
    require(pieces.local() == whole.local() && pieces.source() == whole.source(), "nor for what it says");
    require(whole.now() == proxy_header::state::incomplete || whole.feed("PROXY ") == 0,
            "nothing is taken behind it");
    require(!whole.source() || !whole.source()->is_unspecified(), "an address is somebody's");
}

// The client's address, as a trusted proxy sees it that appends `added` to what the client has sent.
std::string seen(const char* header, const std::string& sent, const char* added)
{
    static const fanfare::trusted_proxies proxies{"10.0.0.0/8"};
    http::request<http::empty_body> request;
    request.insert(header, sent + added);
    const auto client = proxies.client_of(boost::asio::ip::make_address("10.0.0.1"), request);
    return client ? client->address.to_string() : "refused";
}

void check_headers(std::string sent)
{
    std::replace_if(
        sent.begin(), sent.end(), [](unsigned char c) { return c < ' ' && c != '\t'; }, ' ');
    require(seen("X-Forwarded-For", sent, ", 203.0.113.7") == "203.0.113.7", "the proxy's word counts");
    const auto forwarded = seen("Forwarded", sent, ", for=203.0.113.7;proto=https");
    require(forwarded == "203.0.113.7" || forwarded == "refused", "the proxy's word counts, or nobody's");
    seen("X-Forwarded-For", sent, "");
    seen("Forwarded", sent, "");
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    if (size == 0)
        return 0;
    const std::string_view text{reinterpret_cast<const char*>(data) + 1, size - 1};
    if ((data[0] & 1U) != 0)
        check_proxy_header(text, 1U + data[0] / 2U % 64U);
    else
        check_headers(std::string{text});
    return 0;
}
