// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_REVOCATION_REVOCATIONS_READING_IPP
#define FANFARE_DETAIL_REVOCATION_REVOCATIONS_READING_IPP

// Learning from the store what was revoked: at the start, when the bus is back, and from time to time.

#include <fanfare/detail/revocation/revocations.hpp>
#include <fanfare/detail/wire/envelope.hpp>
#include <fanfare/error.hpp>

#include <boost/asio/steady_timer.hpp>

#include <algorithm>
#include <utility>

namespace fanfare::detail {

// A read that failed is tried again after this, and after twice as long each time.
inline constexpr std::chrono::milliseconds first_revocation_retry{250};
inline constexpr std::chrono::milliseconds last_revocation_retry{4'000};

FANFARE_DECL void revocations::use(any_revocation_store store)
{
    const bool given{store};
    parts_.list.set_complete(!given); // first: others may look at it already
    store_ = std::move(store);
    kept_ = given;
    if (given)
        read();
}

FANFARE_DECL void revocations::bus_changed(const bus_status& status)
{
    if (status.up)
        parts_.shards.first().post([this](shard&) {
            if (store_)
                read();
        });
}

FANFARE_DECL void revocations::read()
{
    std::string cursor;
    {
        const std::lock_guard lock{mutex_};
        if (std::exchange(reading_, true)) {
            again_ = true;
            return;
        }
        if (std::exchange(all_, false))
            cursor_.clear();
        cursor = cursor_;
    }
    ask(cursor);
}

FANFARE_DECL void revocations::ask(const std::string& cursor)
{
    if (parts_.life.ended())
        return;
    store_.async_read(cursor,
                      [this, hub = parts_.life.weak(), cursor](error_code ec, const revocation_page& page) {
                          if (const auto alive = hub.lock())
                              answered(cursor, ec, page);
                      });
}

// Whether that made the list longer.
inline bool add_page(revocation_list& list, const revocation_page& page, error_code& ec)
{
    bool changed = false;
    const auto now = wall_now();
    for (const auto& one : page.entries) {
        if (ec)
            break;
        const auto added = list.add(one, now);
        changed = changed || added == revocation_list::added::changed;
        if (added == revocation_list::added::full)
            ec = error::store_full;
    }
    return changed;
}

FANFARE_DECL void revocations::answered(const std::string& asked, error_code ec, const revocation_page& page)
{
    if (!ec && page.more && (page.entries.empty() || page.cursor == asked))
        ec = error::store_failed; // it would be asked for ever
    const bool changed = add_page(parts_.list, page, ec);
    if (ec == error::store_full)
        parts_.list.set_complete(false); // also if it was: what there is no room for would get in
    bool again = false, learned = false;
    {
        const std::lock_guard lock{mutex_};
        learned_ = learned_ || changed;
        if (ec || !page.more)
            learned = std::exchange(learned_, false);
    }
    if (learned) // one walk over all connections, whatever the number of pages
        close_listed();
    if (ec)
        return failed(ec);
    {
        const std::lock_guard lock{mutex_};
        cursor_ = page.cursor;
        if (!page.more) {
            reading_ = false;
            again = std::exchange(again_, false);
            wait_ = {};
            if (!all_) {
                problem_.clear();
                parts_.list.set_complete(true);
            }
        }
    }
    if (page.more) // in a turn of its own, for stores that answer at once
        return parts_.shards.first().post([this, cursor = page.cursor](shard&) { ask(cursor); });
    if (again)
        parts_.shards.first().post([this](shard&) { read(); });
    else if (store_.between_processes() && parts_.options.revocation_refresh.count() != 0)
        read_later(parts_.options.revocation_refresh);
}

FANFARE_DECL void revocations::failed(error_code why)
{
    std::chrono::milliseconds wait{};
    {
        const std::lock_guard lock{mutex_};
        reading_ = false;
        again_ = false;
        problem_ = why.message();
        wait = wait_ = std::clamp(2 * wait_, first_revocation_retry, last_revocation_retry);
    }
    read_later(wait);
}

FANFARE_DECL void revocations::read_later(std::chrono::milliseconds wait)
{
    parts_.shards.first().post([this, wait](shard& first) {
        if (parts_.life.ended())
            return;
        if (!io_)
            io_ = shard_io::make(first.executor());
        if (!io_->timer)
            return; // the context has ended
        io_->timer->expires_after(wait);
        io_->timer->async_wait([this, hub = parts_.life.weak()](error_code ec) {
            const auto alive = ec ? nullptr : hub.lock();
            if (!alive)
                return;
            parts_.list.forget_expired(wall_now());
            read();
        });
    });
}

} // namespace fanfare::detail

#endif
