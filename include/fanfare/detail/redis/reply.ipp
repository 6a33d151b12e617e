// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_REDIS_REPLY_IPP
#define FANFARE_DETAIL_REDIS_REPLY_IPP

#include <fanfare/detail/redis/reply.hpp>

#include <hiredis/hiredis.h>

#include <charconv>
#include <new>

namespace fanfare::detail {

FANFARE_DECL redis_kind redis_value::kind() const noexcept
{
    if (!reply_)
        return redis_kind::nil;
    switch (reply_->type) {
    case REDIS_REPLY_STRING: return redis_kind::text;
    case REDIS_REPLY_STATUS: return redis_kind::status;
    case REDIS_REPLY_INTEGER: return redis_kind::integer;
    case REDIS_REPLY_ARRAY: return redis_kind::array;
    case REDIS_REPLY_ERROR: return redis_kind::error;
    case REDIS_REPLY_NIL: return redis_kind::nil;
    default: return redis_kind::other; // RESP3, which is never asked for
    }
}

FANFARE_DECL std::string_view redis_value::text() const noexcept
{
    const auto k = kind();
    const bool has_text = k == redis_kind::text || k == redis_kind::status || k == redis_kind::error;
    return has_text && reply_->str ? std::string_view{reply_->str, static_cast<std::size_t>(reply_->len)}
                                   : std::string_view{};
}

FANFARE_DECL std::int64_t redis_value::integer() const noexcept
{
    return kind() == redis_kind::integer ? reply_->integer : 0;
}

FANFARE_DECL std::size_t redis_value::size() const noexcept
{
    return is_array() ? reply_->elements : 0;
}

FANFARE_DECL redis_value redis_value::operator[](std::size_t i) const noexcept
{
    return i < size() ? redis_value{reply_->element[i]} : redis_value{};
}

FANFARE_DECL void redis_reply::deleter::operator()(redisReply* reply) const noexcept
{
    freeReplyObject(reply);
}

// hiredis' own functions that build replies, except that arrays are held to limits: their length is allocated when it
// is announced, not when it has arrived; and a reply is freed by recursion.
struct redis_builders {
    redisReplyObjectFunctions limited;
    redisReplyObjectFunctions original;

    // The length is an int in 0.14 and a size_t in 1.x.
    template <class Length>
    static void* array(const redisReadTask* task, Length length)
    {
        auto& reader = *static_cast<redis_reader*>(task->privdata);
        auto& left = reader.elements_left_;
        std::size_t depth = 0;
        for (const auto* outer = task; outer && !reader.too_deep_; outer = outer->parent)
            reader.too_deep_ = ++depth > reader.limits_.depth;
        if (reader.too_deep_ || static_cast<std::size_t>(length) > left)
            return nullptr;
        left -= static_cast<std::size_t>(length);
        return get().original.createArray(task, length);
    }
    template <class Length>
    static void replace(void* (*&create)(const redisReadTask*, Length))
    {
        create = &array<Length>;
    }

    static redis_builders& get()
    {
        static redis_builders all = make();
        return all;
    }

private:
    static redis_builders make()
    {
        auto* const reader = redisReaderCreate();
        if (!reader)
            throw std::bad_alloc{};
        redis_builders all{*reader->fn, *reader->fn};
        redisReaderFree(reader);
        replace(all.limited.createArray);
        return all;
    }
};

FANFARE_DECL redis_reader::redis_reader(redis_limits limits)
    : limits_{limits}, elements_left_{limits.elements}, reader_{redisReaderCreateWithFunctions(
                                                            &redis_builders::get().limited)}
{
    if (!reader_)
        throw std::bad_alloc{};
    reader_->privdata = this;
}

FANFARE_DECL redis_reader::~redis_reader()
{
    redisReaderFree(reader_);
}

FANFARE_DECL void redis_reader::feed(std::string_view bytes)
{
    unanswered_ += bytes.size();
    redisReaderFeed(reader_, bytes.data(), bytes.size()); // an error stays: `next` sees it
}

FANFARE_DECL redis_reader::outcome redis_reader::next(redis_reply& out)
{
    if (!problem_.empty())
        return outcome::broken;
    void* reply = nullptr;
    if (redisReaderGetReply(reader_, &reply) != REDIS_OK)
        return fail(too_deep_                       ? "a reply is nested too deeply"
                    : reader_->err == REDIS_ERR_OOM ? "a reply has too many elements"
                                                    : reader_->errstr);
    if (!reply)
        return unanswered_ > limits_.bytes ? fail("a reply is too long") : outcome::none;
    out = redis_reply{static_cast<redisReply*>(reply)};
    unanswered_ = reader_->len - reader_->pos;
    elements_left_ = limits_.elements;
    return outcome::one;
}

inline void append_number(std::string& out, char prefix, std::size_t number)
{
    char digits[24];
    const auto end = std::to_chars(digits, digits + sizeof digits, number).ptr;
    out.push_back(prefix);
    out.append(digits, end);
    out.append("\r\n", 2);
}

FANFARE_DECL void append_command(std::string& out, std::span<const std::string_view> args)
{
    append_number(out, '*', args.size());
    for (const auto arg : args) {
        append_number(out, '$', arg.size());
        out.append(arg);
        out.append("\r\n", 2);
    }
}

} // namespace fanfare::detail

#endif
