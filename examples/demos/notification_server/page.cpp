// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#include "page.hpp"

#include <assets.hpp>

namespace demo {

bool serve_page(const fanfare::http_api::request_type& request, fanfare::http_api::response_type& answer)
{
    namespace http = boost::beast::http;
    const auto* found = find_asset(request.target());
    if (!found)
        return false;
    if (request.method() != http::verb::get) {
        if (request.method() == http::verb::head)
            return false; // is asked again, as GET
        answer.result(http::status::method_not_allowed);
        answer.set(http::field::allow, "GET, HEAD");
        answer.set(http::field::content_type, "application/json"); // every error is as those of the HTTP API
        answer.body() = R"({"error":{"code":"invalid_message","message":"this path wants another method"}})";
        return true;
    }
    answer.set(http::field::content_type, found->type);
    answer.set(http::field::cache_control, "no-cache");
    // Nothing from elsewhere, no script or style but these files, and no string ever becomes markup.
    answer.set("Content-Security-Policy",
               "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
               "base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
               "require-trusted-types-for 'script'; trusted-types 'none'");
    answer.set("X-Content-Type-Options", "nosniff");
    answer.set("Referrer-Policy", "no-referrer");
    answer.body() = found->body;
    return true;
}

} // namespace demo
