// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_TESTS_FUZZ_HTTP_FRAMING_HPP
#define FANFARE_TESTS_FUZZ_HTTP_FRAMING_HPP

// Where requests end by RFC 9112 sections 6 and 7, read in the plainest way: what the server takes for a request is
// compared with it. It is strict: where two readers of HTTP could disagree, nothing behind counts as a request.
#include <algorithm>
#include <charconv>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace fanfare::test {

struct framed_request {
    std::string method, target;
    std::string body{};
};

struct framing {
    std::vector<framed_request> requests; // whole ones
    std::string_view rest;                // nothing, a part of a request, or one whose end is not certain
};

namespace framing_detail {

using namespace std::string_view_literals;

inline std::string lower(std::string_view text)
{
    std::string out{text};
    for (auto& c : out)
        c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
    return out;
}

inline std::string_view trimmed(std::string_view text)
{
    const auto first = std::min(text.find_first_not_of(" \t"), text.size());
    const auto last = text.find_last_not_of(" \t");
    return last == text.npos ? ""sv : text.substr(first, last + 1 - first);
}

// Takes what is in front of `end`, and `end`. Nothing if `end` is not there.
inline std::optional<std::string_view> take_to(std::string_view& text, std::string_view end)
{
    const auto at = text.find(end);
    if (at == text.npos)
        return std::nullopt;
    const auto taken = text.substr(0, at);
    text.remove_prefix(at + end.size());
    return taken;
}

// The values of the lines of this name, with a comma between them; nothing if there is none.
struct listed {
    std::size_t lines = 0;
    std::string values{};
};

inline listed list_of(std::string_view head, std::string_view name)
{
    listed out;
    bool ours = false;
    while (!head.empty()) {
        const auto end = std::min(head.find("\r\n"), head.size());
        const auto line = head.substr(0, end);
        head.remove_prefix(std::min(end + 2, head.size()));
        if (line.starts_with(' ') || line.starts_with('\t')) { // obs-fold (RFC 9112 section 5.2)
            if (ours)
                out.values.append(" ").append(trimmed(line));
            continue;
        }
        const auto colon = line.find(':');
        ours = colon != line.npos && lower(line.substr(0, colon)) == name;
        if (ours)
            out.values.append(out.lines++ == 0 ? "" : ",").append(trimmed(line.substr(colon + 1)));
    }
    return out;
}

inline std::vector<std::string> elements(std::string_view list)
{
    std::vector<std::string> out;
    for (;;) {
        const auto end = std::min(list.find(','), list.size());
        out.push_back(lower(trimmed(list.substr(0, end))));
        if (end == list.size())
            return out;
        list.remove_prefix(end + 1);
    }
}

inline std::optional<std::size_t> number(std::string_view digits, int base)
{
    std::size_t n = 0;
    const auto [end, ec] = std::from_chars(digits.data(), digits.data() + digits.size(), n, base);
    if (digits.empty() || ec != std::errc{} || end != digits.data() + digits.size() || digits.front() == '-')
        return std::nullopt;
    return n;
}

inline std::optional<std::string> take_chunks(std::string_view& text)
{
    for (std::string body;;) {
        const auto line = take_to(text, "\r\n");
        const auto size =
            line ? number(line->substr(0, line->find_first_not_of("0123456789abcdefABCDEF")), 16) : std::nullopt;
        if (!size)
            return std::nullopt;
        if (*size == 0) {
            while (const auto trailer = take_to(text, "\r\n"))
                if (trailer->empty())
                    return body;
            return std::nullopt;
        }
        if (*size > text.size() || !text.substr(*size).starts_with("\r\n"))
            return std::nullopt;
        body.append(text.substr(0, *size));
        text.remove_prefix(*size + 2);
    }
}

// Nothing: the body is not whole, or its end is not certain.
inline std::optional<std::string> take_body(std::string_view& text, std::string_view head, bool has_chunks)
{
    const auto length = list_of(head, "content-length");
    const auto coding = list_of(head, "transfer-encoding");
    if (coding.lines != 0) {
        auto codings = elements(coding.values);
        std::erase(codings, "");
        const bool certain = has_chunks && length.lines == 0 && coding.lines == 1 && codings.size() == 1;
        return certain && codings.front() == "chunked" ? take_chunks(text) : std::nullopt;
    }
    if (length.lines == 0)
        return std::string{};
    const auto lengths = elements(length.values);
    const auto size = number(lengths.front(), 10);
    for (const auto& one : lengths)
        if (number(one, 10) != size)
            return std::nullopt; // they differ
    if (!size || *size > text.size())
        return std::nullopt;
    std::string body{text.substr(0, *size)};
    text.remove_prefix(*size);
    return body;
}

inline void skip_empty_lines(std::string_view& text) // RFC 9112 section 2.2
{
    while (text.starts_with("\r\n"))
        text.remove_prefix(2);
}

inline std::optional<framed_request> take_request(std::string_view& text)
{
    auto head = take_to(text, "\r\n\r\n");
    if (!head)
        return std::nullopt;
    auto line = take_to(*head, "\r\n");
    if (!line) {
        line = head;
        head = ""sv;
    }
    const auto method = take_to(*line, " ");
    const auto target = take_to(*line, " ");
    if (!method || !target || (*line != "HTTP/1.1" && *line != "HTTP/1.0"))
        return std::nullopt;
    auto body = take_body(text, *head, *line == "HTTP/1.1");
    if (!body)
        return std::nullopt;
    return framed_request{std::string{*method}, std::string{*target}, std::move(*body)};
}

} // namespace framing_detail

inline framing read_framing(std::string_view bytes)
{
    framing out{{}, bytes};
    framing_detail::skip_empty_lines(bytes);
    for (out.rest = bytes; auto one = framing_detail::take_request(bytes); out.rest = bytes) {
        out.requests.push_back(std::move(*one));
        framing_detail::skip_empty_lines(bytes);
    }
    return out;
}

} // namespace fanfare::test

#endif
