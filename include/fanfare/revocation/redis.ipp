// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_REVOCATION_REDIS_IPP
#define FANFARE_REVOCATION_REDIS_IPP

#include <fanfare/detail/base/random.hpp>
#include <fanfare/detail/redis/revocation_scripts.hpp>
#include <fanfare/detail/redis/script.hpp>
#include <fanfare/detail/revocation/revocation_rules.hpp>
#include <fanfare/detail/wire/envelope.hpp>
#include <fanfare/detail/wire/names.hpp>
#include <fanfare/error.hpp>
#include <fanfare/revocation/redis.hpp>

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>
#include <boost/system/system_error.hpp>

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <iterator>
#include <optional>
#include <utility>

namespace fanfare {
namespace detail {

inline std::optional<std::int64_t> whole_text(std::string_view text)
{
    std::int64_t number = 0;
    const auto end = text.data() + text.size();
    const auto got = std::from_chars(text.data(), end, number);
    return got.ec == std::errc{} && got.ptr == end ? std::optional{number} : std::nullopt;
}

// What the script has stored: `BEFORE UNTIL FIELDS`. Nothing if it cannot be one: what is revoked must not be guessed.
inline std::optional<revocation> stored_revocation(std::string_view entry)
{
    const auto first = entry.find(' ');
    const auto second = first == std::string_view::npos ? first : entry.find(' ', first + 1);
    if (second == std::string_view::npos)
        return std::nullopt;
    std::string why;
    auto root = parse_json(entry.substr(second + 1), 2, {}, why);
    auto* fields = root.if_object();
    const auto before = entry.substr(0, first);
    const auto before_ms = whole_text(before), until_ms = whole_text(entry.substr(first + 1, second - first - 1));
    if (!fields || !until_ms || (!before_ms && before != "-"))
        return std::nullopt;
    (*fields)["until_ms"] = *until_ms;
    if (before_ms)
        (*fields)["before_ms"] = *before_ms;
    return read_revocation(*fields);
}

inline error_code read_revocations(const redis_value& reply, revocation_page& page)
{
    if (reply.size() != 4)
        return error::redis_failed;
    page.cursor = std::string{reply[0].text()} + ':' + std::string{reply[1].text()};
    page.more = reply[2].integer() > 0;
    for (std::size_t i = 0; i != reply[3].size(); ++i) {
        auto one = stored_revocation(reply[3][i].text());
        if (!one)
            return error::redis_failed;
        page.entries.push_back(std::move(*one));
    }
    return {};
}

} // namespace detail

struct redis_revocation_store::state {
    state(redis_client c, redis_revocation_options o)
        : client{std::move(c)}, options{std::move(o)}, epoch{detail::random_token(9)},
          add{client, std::string{detail::revocation_prologue} + detail::revocation_add},
          read{client, std::string{detail::revocation_prologue} + detail::revocation_read}
    {}

    std::shared_ptr<detail::redis_script::arguments> arguments(detail::redis_script::arguments more) const
    {
        const auto args = std::make_shared<detail::redis_script::arguments>();
        args->push_back("4");
        for (const auto* name : {"entries", "numbers", "until", "state"})
            args->push_back(options.prefix + "revocations:{all}:" + name);
        std::move(more.begin(), more.end(), std::back_inserter(*args));
        return args;
    }

    const redis_client client;
    const redis_revocation_options options;
    const std::string epoch; // with the time, of keys that this handle makes
    const detail::redis_script add, read;
};

FANFARE_DECL redis_revocation_store::redis_revocation_store(redis_client client, redis_revocation_options options)
{
    if (!detail::was_room_name(options.prefix, 64) || options.limit == 0 ||
        options.limit > detail::max_revocations)
        throw boost::system::system_error{
            error::invalid_config, "fanfare::redis_revocation_options: prefix must be 1 to 64 bytes that room "
                                   "names may have, and limit 1 to 100,000"};
    state_ = std::make_shared<state>(std::move(client), std::move(options));
}

FANFARE_DECL void redis_revocation_store::async_add(const revocation& what, revocation_added handler)
{
    auto fields = detail::revocation_fields(what);
    const auto number = [&fields](std::string_view name) {
        const auto* value = fields.if_contains(name);
        return value ? json::serialize(*value) : std::string{"-"};
    };
    const auto before = number("before_ms"), until = number("until_ms");
    fields.erase("before_ms");
    fields.erase("until_ms");
    std::string text;
    detail::append_json(text, json::value(std::move(fields)));
    state_->add.run(state_->arguments({detail::revocation_key(what), before, until, std::move(text),
                                       std::to_string(state_->options.limit), state_->epoch}),
                    [handler = std::move(handler)](error_code ec, const detail::redis_value& reply) {
                        if (!ec && reply.integer() < 0)
                            ec = error::store_full;
                        handler(ec);
                    });
}

FANFARE_DECL void redis_revocation_store::async_read(std::string_view cursor, revocations_were_read handler)
{
    constexpr const char* most = "500";
    constexpr const char* most_bytes = "262144";
    const auto colon = std::min(cursor.find(':'), cursor.size());
    const auto number = detail::whole_text(cursor.substr(std::min(colon + 1, cursor.size())));
    state_->read.run_now(state_->arguments({std::string{cursor.substr(0, colon)},
                                            std::to_string(number.value_or(0)), most, most_bytes}),
                         [handler = std::move(handler)](error_code ec, const detail::redis_value& reply) {
                             revocation_page page;
                             if (!ec)
                                 ec = detail::read_revocations(reply, page);
                             handler(ec, ec ? revocation_page{} : std::move(page));
                         });
}

FANFARE_DECL link_status redis_revocation_store::status() const
{
    return state_->client.status();
}

FANFARE_DECL void redis_revocation_store::rest() const
{
    state_->client.rest();
}

} // namespace fanfare

#endif
