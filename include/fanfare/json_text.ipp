// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_JSON_TEXT_IPP
#define FANFARE_JSON_TEXT_IPP

#include <fanfare/detail/wire/json_reader.hpp>
#include <fanfare/error.hpp>
#include <fanfare/json_text.hpp>

#include <boost/system/system_error.hpp>

#include <string>

namespace fanfare {

FANFARE_DECL void tag_invoke(json::value_from_tag, json::value& out, const json_text& from)
{
    std::string why;
    auto read = detail::parse_json(from.text, 64, out.storage(), why);
    if (!why.empty())
        throw boost::system::system_error{error::invalid_json, "fanfare::json_text: " + why};
    out = std::move(read);
}

FANFARE_DECL std::optional<json_text> json_member(json_text object, std::string_view name)
{
    const auto found = detail::json_member_text(object.text, name);
    return found ? std::optional{json_text{*found}} : std::nullopt;
}

} // namespace fanfare

#endif
