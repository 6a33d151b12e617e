// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#include "session/outbox_support.hpp"

#include <fanfare/detail/session/write_queue.hpp>
#include <fanfare/error.hpp>

#include <boost/asio/error.hpp>

#include <deque>
#include <numeric>

using namespace fanfare;
using namespace fanfare::test::outboxes;
using flushed = write_queue::result;
using texts = std::vector<std::string>;

namespace {

constexpr auto everything = static_cast<std::size_t>(-1);

// A stream that takes as much as the script says for each write, and all once it is over.
class scripted_writer {
public:
    std::deque<std::size_t> takes;
    error_code fails_after_script;
    std::string wire;
    std::vector<std::size_t> buffers; // of each write

    std::size_t operator()(std::span<const std::string_view> from, error_code& ec)
    {
        buffers.push_back(from.size());
        std::string all;
        for (const auto& one : from)
            all += one;
        if (takes.empty() && fails_after_script) {
            ec = fails_after_script;
            return 0;
        }
        const auto n = takes.empty() ? all.size() : std::min(takes.front(), all.size());
        if (!takes.empty())
            takes.pop_front();
        wire.append(all, 0, n);
        return n;
    }
};

const hub_options limits{.outbox_bytes = 10'000, .outbox_messages = 200};

void add(write_queue& out, std::string_view payload)
{
    REQUIRE(out.queue(limits).push(text(payload), overflow_policy::close) == result::queued);
}

flushed flush(write_queue& out, scripted_writer& stream)
{
    return out.flush({}, std::ref(stream));
}

} // namespace

TEST_CASE("a connection that nothing waits for sends directly", "[write_queue]")
{
    write_queue out;
    scripted_writer stream;
    CHECK(out.direct());
    CHECK(out.waiting() == nullptr);
    CHECK(out.takes(everything));
    CHECK(flush(out, stream) == flushed::sent);
    CHECK(stream.buffers.empty()); // the stream is not bothered
}

TEST_CASE("what waits goes out in order and in one write", "[write_queue]")
{
    write_queue out;
    scripted_writer stream;
    for (const std::string_view one : {"a", "b", "c"})
        add(out, one);
    CHECK_FALSE(out.direct());
    CHECK(flush(out, stream) == flushed::sent);
    CHECK(payloads(parse(stream.wire)) == texts{"a", "b", "c"});
    CHECK(stream.buffers.size() == 1);
    REQUIRE(out.waiting());
    CHECK(out.waiting()->empty());
    out.clear();
    CHECK(out.direct());
}

TEST_CASE("more than one write can carry goes out in as many as it takes, in order", "[write_queue]")
{
    write_queue out;
    scripted_writer stream;
    texts all;
    for (int i = 0; i != 150; ++i) {
        all.push_back(std::to_string(i));
        add(out, all.back());
    }
    CHECK(flush(out, stream) == flushed::sent);
    CHECK(payloads(parse(stream.wire)) == all);
    CHECK(std::accumulate(stream.buffers.begin(), stream.buffers.end(), std::size_t{0}) == 150);
    CHECK(stream.buffers.size() > 1);
}

TEST_CASE("after a short write the rest follows where it stopped, in the middle of a message", "[write_queue]")
{
    write_queue out;
    scripted_writer stream;
    stream.takes = {4, 0, 1};
    for (const std::string_view one : {"first", "second"})
        add(out, one);
    CHECK(flush(out, stream) == flushed::full);
    CHECK(stream.buffers.size() == 1); // a full stream is not asked again
    CHECK(flush(out, stream) == flushed::full);
    CHECK(stream.wire.size() == 4);
    add(out, "third"); // meanwhile
    CHECK(flush(out, stream) == flushed::full);
    CHECK(stream.wire.size() == 5);
    CHECK(flush(out, stream) == flushed::sent);
    CHECK(payloads(parse(stream.wire)) == texts{"first", "second", "third"});
}

TEST_CASE("a stream that fails is told, and nothing counts as sent that it did not take", "[write_queue]")
{
    write_queue out;
    scripted_writer stream;
    stream.takes = {3};
    stream.fails_after_script = asio::error::broken_pipe;
    add(out, "message");
    CHECK(flush(out, stream) == flushed::full);
    CHECK(flush(out, stream) == flushed::failed);
    CHECK(stream.buffers.size() == 2);
    REQUIRE(out.waiting());
    CHECK_FALSE(out.waiting()->empty());
    stream.fails_after_script = {};
    CHECK(flush(out, stream) == flushed::sent);
    CHECK(payloads(parse(stream.wire)) == texts{"message"});
}

TEST_CASE("a full stream and the collecting of sends both keep messages from going out directly", "[write_queue]")
{
    write_queue out;
    out.set_corked(true);
    CHECK(out.corked());
    CHECK_FALSE(out.direct());
    out.set_blocked(true);
    out.set_corked(false);
    CHECK_FALSE(out.corked());
    CHECK(out.blocked());
    CHECK_FALSE(out.direct());
    out.set_blocked(false);
    CHECK_FALSE(out.blocked());
    CHECK(out.direct());
}

TEST_CASE("what is collected goes out in one write when it is flushed", "[write_queue]")
{
    write_queue out;
    scripted_writer stream;
    out.set_corked(true);
    add(out, "answer");
    add(out, "and another");
    CHECK(stream.wire.empty());
    out.set_corked(false);
    CHECK(flush(out, stream) == flushed::sent);
    CHECK(stream.buffers == std::vector<std::size_t>{2});
    CHECK(payloads(parse(stream.wire)) == texts{"answer", "and another"});
}

TEST_CASE("the hub's limits of an outbox hold for what waits", "[write_queue]")
{
    write_queue by_number;
    const hub_options two{.outbox_bytes = 10'000, .outbox_messages = 2};
    for (int i = 0; i != 2; ++i) {
        CHECK(by_number.takes(1));
        CHECK(by_number.queue(two).push(text("x"), overflow_policy::close) == result::queued);
    }
    CHECK_FALSE(by_number.takes(1));
    CHECK(by_number.queue(two).push(text("x"), overflow_policy::close) == result::overflow);

    write_queue by_bytes;
    const hub_options small{.outbox_bytes = 100, .outbox_messages = 100};
    CHECK(by_bytes.queue(small).push(text(std::string(80, 'x')), overflow_policy::close) == result::queued);
    CHECK(by_bytes.takes(10));
    CHECK_FALSE(by_bytes.takes(30));
}
