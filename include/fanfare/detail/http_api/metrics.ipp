// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_HTTP_API_METRICS_IPP
#define FANFARE_DETAIL_HTTP_API_METRICS_IPP

#include <fanfare/detail/http_api/metrics.hpp>
#include <fanfare/detail/hub/hub_core.hpp>
#include <fanfare/detail/metrics/collect.hpp>
#include <fanfare/http_api.hpp>
#include <fanfare/metrics.hpp>
#include <fanfare/metrics/prometheus.hpp>

#include <boost/beast/http/field.hpp>

#include <string>
#include <utility>

namespace fanfare::detail {

FANFARE_DECL void get_metrics(const api_call& c)
{
    std::string accept;
    for (const auto line : c.view.header_values("Accept")) // one list (RFC 9110 section 5.3)
        (accept += accept.empty() ? "" : ",") += line;
    prometheus_text page{prometheus_format_for(accept)};
    sink_visitor<prometheus_text> to{page};
    collect(c.hub, to);
    if (c.options.more_metrics)
        c.options.more_metrics(page);

    http_response out{http::status::ok, c.version};
    out.set(http::field::content_type, page.content_type());
    out.set(http::field::cache_control, "no-store");
    out.set(http::field::vary, "Accept");
    out.body() = page.text();
    c.send(std::move(out));
}

} // namespace fanfare::detail

#endif
