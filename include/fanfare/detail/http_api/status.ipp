// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_HTTP_API_STATUS_IPP
#define FANFARE_DETAIL_HTTP_API_STATUS_IPP

#include <fanfare/detail/cluster/stats_fields.hpp>
#include <fanfare/detail/http_api/status.hpp>
#include <fanfare/detail/hub/hub_core.hpp>
#include <fanfare/http_api.hpp>
#include <fanfare/message.hpp>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include <chrono>
#include <utility>

namespace fanfare::detail {

FANFARE_DECL void get_health(const api_call& c)
{
    if (c.view.path() != "/readyz")
        return c.answer(200, {{"status", "ok"}});
    if (!c.hub.life.ready())
        return c.answer(503, {{"status", "draining"}, {"problem", ""}});
    auto links = c.hub.links();
    if (c.options.tickets_status)
        links.push_back({"tickets", c.options.tickets_status()});
    for (const auto& one : links)
        if (!one.status.up)
            return c.answer(503, {{"status", one.name + "_down"}, {"problem", one.status.problem}});
    c.answer(200, {{"status", "ok"}});
}

FANFARE_DECL void get_stats(const api_call& c)
{
    c.answer(200, stats_fields(c.hub.stats()));
}

FANFARE_DECL void get_cluster(const api_call& c)
{
    c.hub.others.stats(std::chrono::seconds{2}, [reply = api_reply{c}](error_code ec, const cluster_stats& all) {
        if (ec)
            return reply.fail(ec);
        json::array nodes;
        for (const auto& one : all.nodes)
            nodes.push_back({{"id", one.id},
                             {"responded", one.responded},
                             {"heard_ago_ms", one.heard_ago.count()},
                             {"stats", stats_fields(one.stats)}});
        reply.answer(200, {{"nodes", std::move(nodes)},
                           {"connections", all.connections},
                           {"rooms", all.rooms},
                           {"users", all.users}});
    });
}

} // namespace fanfare::detail

#endif
