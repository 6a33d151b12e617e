// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_INBOX_MEMORY_IPP
#define FANFARE_INBOX_MEMORY_IPP

#include <fanfare/detail/inbox/inbox_rules.hpp>
#include <fanfare/detail/wire/envelope.hpp>
#include <fanfare/error.hpp>
#include <fanfare/inbox/memory.hpp>

#include <algorithm>
#include <cstdint>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

namespace fanfare {
namespace detail {

// One user's notifications by their place, and the places of those with a mark. Not thread-safe.
class memory_inbox_box {
public:
    struct entry {
        inbox_item item;  // without its data
        std::string data; // as JSON, which is a fraction of the value
        std::string key;

        // Bytes of memory, about: with the id and the key in their tables, and the nodes of tables and sets.
        std::size_t weight() const noexcept
        {
            return sizeof(entry) + 512 + item.title.size() + item.message.size() + item.user_id.size() +
                   data.size() + 2 * (item.id.size() + key.size());
        }
    };
    // What was found under the lock. Its data are read afterwards.
    struct found {
        inbox_page page;
        std::vector<std::string> data;
    };

    inbox_counts counts() const { return {unread_.size(), unseen_.size(), revision_}; }
    std::size_t size() const noexcept { return entries_.size(); }

    const entry* with_key(const std::string& key) const
    {
        const auto at = key.empty() ? keys_.end() : keys_.find(key);
        return at == keys_.end() ? nullptr : &entries_.at(at->second);
    }

    void add(entry one)
    {
        const auto place = ++last_;
        ids_.emplace(one.item.id, place);
        if (!one.key.empty())
            keys_.emplace(one.key, place);
        file(place, entries_.emplace(place, std::move(one)).first->second.item);
        step();
    }

    // Bytes of the notification that `make_room` deletes.
    std::size_t next_weight() const { return next()->second.weight(); }

    // Makes room for one more.
    void make_room()
    {
        const auto at = next();
        for (auto* places : {&unread_, &unseen_, &active_, &archived_, &finished_})
            places->erase(at->first);
        ids_.erase(at->second.item.id);
        keys_.erase(at->second.key);
        entries_.erase(at);
    }

    found list(std::string_view user, const inbox_query& query, std::uint64_t before) const
    {
        found answer;
        answer.page.counts = counts();
        if (query.filter == inbox_filter::all)
            fill(answer, user, query.limit, entries_.begin(), entries_.lower_bound(before),
                 [](const auto& one) -> const entry& { return one.second; });
        else {
            const auto& places = of(query.filter);
            fill(answer, user, query.limit, places.begin(), places.lower_bound(before),
                 [this](std::uint64_t place) -> const entry& { return entries_.at(place); });
        }
        return answer;
    }

    inbox_marked mark(const inbox_mark& how, inbox_time now)
    {
        inbox_marked answer;
        if (how.all)
            // A copy: the places move from set to set.
            for (const auto place : std::set{
                     of(how.action == inbox_action::unarchive ? inbox_filter::archived : inbox_filter::active)})
                answer.changed += change(place, how.action, now) ? std::size_t{1} : 0;
        for (const auto& id : how.ids) {
            const auto at = ids_.find(id);
            if (at == ids_.end())
                answer.unknown.push_back(id);
            else if (change(at->second, how.action, now))
                answer.ids.push_back(id);
        }
        answer.changed += answer.ids.size();
        if (answer.changed != 0)
            step();
        answer.counts = counts();
        return answer;
    }

private:
    using place_set = std::set<std::uint64_t>;

    std::map<std::uint64_t, entry>::const_iterator next() const
    {
        return finished_.empty() ? entries_.begin() : entries_.find(*finished_.begin());
    }

    const place_set& of(inbox_filter filter) const
    {
        return filter == inbox_filter::unread ? unread_ : filter == inbox_filter::archived ? archived_ : active_;
    }

    template <class Iterator, class Get>
    static void fill(found& answer, std::string_view user, std::size_t limit, Iterator begin, Iterator from,
                     Get get)
    {
        auto& page = answer.page;
        std::size_t bytes = 0;
        std::uint64_t last = 0;
        while (from != begin) {
            --from;
            const entry& one = get(*from);
            bytes += inbox_weight(one.item, one.data.size());
            if (page.items.size() == limit || (bytes > inbox_page_bytes && !page.items.empty())) {
                page.next_cursor = make_inbox_cursor(user, last);
                return;
            }
            page.items.push_back(one.item);
            answer.data.push_back(one.data);
            if constexpr (std::is_same_v<std::decay_t<decltype(*from)>, std::uint64_t>)
                last = *from;
            else
                last = from->first;
        }
    }

    bool change(std::uint64_t place, inbox_action action, inbox_time now)
    {
        auto& item = entries_.at(place).item;
        if (!apply_inbox_action(action, now, item))
            return false;
        file(place, item);
        return true;
    }

    void file(std::uint64_t place, const inbox_item& item)
    {
        const auto put = [place](place_set& places, bool in) {
            if (in)
                places.insert(place);
            else
                places.erase(place);
        };
        put(unread_, counts_unread(item));
        put(unseen_, counts_unseen(item));
        put(active_, !item.archived_at);
        put(archived_, item.archived_at.has_value());
        put(finished_, item.read_at || item.archived_at);
    }

    void step() { revision_ = std::max(revision_ + 1, static_cast<std::uint64_t>(inbox_now_ms())); }

    std::map<std::uint64_t, entry> entries_;
    std::unordered_map<std::string, std::uint64_t> ids_;
    std::unordered_map<std::string, std::uint64_t> keys_;
    place_set unread_, unseen_, active_, archived_;
    place_set finished_; // read or archived: they go first
    std::uint64_t last_ = 0;
    std::uint64_t revision_ = 0;
};

} // namespace detail

struct memory_inbox::state {
    std::mutex mutex;
    memory_inbox_options options;
    std::unordered_map<std::string, detail::memory_inbox_box> boxes;
    std::size_t bytes = 0;

    // Under the lock.
    detail::memory_inbox_box* find(std::string_view user)
    {
        const auto at = boxes.find(std::string{user});
        return at == boxes.end() ? nullptr : &at->second;
    }

    // `data` becomes that of the answer.
    error_code add(const inbox_add& what, std::string& data, inbox_added& answer)
    {
        detail::memory_inbox_box::entry one;
        one.data = data;
        one.key = what.idempotency_key;
        one.item = {.id = detail::new_inbox_id(),
                    .user_id = what.user_id,
                    .title = what.title,
                    .message = what.message,
                    .created_at = detail::from_inbox_ms(detail::inbox_now_ms())};
        const auto weight = one.weight();
        const std::lock_guard lock{mutex};
        auto* box = find(what.user_id);
        if (const auto* known = box ? box->with_key(one.key) : nullptr) {
            answer = {known->item, box->counts(), true};
            data = known->data;
            return {};
        }
        const auto more = weight + (box ? 0 : sizeof(detail::memory_inbox_box) + 64 + what.user_id.size());
        const auto less = box && box->size() >= options.limits.items ? box->next_weight() : 0;
        if (bytes - less + more > options.bytes)
            return error::store_full;
        if (less != 0)
            box->make_room();
        if (!box)
            box = &boxes[what.user_id];
        bytes = bytes - less + more;
        answer.item = one.item;
        box->add(std::move(one));
        answer.counts = box->counts();
        return {};
    }
};

FANFARE_DECL memory_inbox::memory_inbox(memory_inbox_options options) : state_{std::make_shared<state>()}
{
    detail::check_limits(options.limits);
    state_->options = options;
}

FANFARE_DECL void memory_inbox::async_add(const inbox_add& what, const inbox_was_added& handler)
{
    auto data = detail::inbox_data_text(what);
    inbox_added answer;
    auto ec = detail::check_add(what, data, state_->options.limits);
    if (!ec)
        ec = state_->add(what, data, answer);
    if (!ec)
        detail::set_inbox_data(answer.item, std::move(data));
    handler(ec, std::move(answer));
}

FANFARE_DECL void memory_inbox::async_list(std::string_view user, const inbox_query& query,
                                           const inbox_was_listed& handler)
{
    std::uint64_t before = 0;
    detail::memory_inbox_box::found answer;
    const auto ec = detail::check_query(user, query, before);
    if (!ec) {
        const std::lock_guard lock{state_->mutex};
        if (const auto* box = state_->find(user))
            answer = box->list(user, query, before);
    }
    for (std::size_t i = 0; i != answer.data.size(); ++i)
        detail::set_inbox_data(answer.page.items[i], std::move(answer.data[i]));
    handler(ec, std::move(answer.page));
}

FANFARE_DECL void memory_inbox::async_mark(std::string_view user, const inbox_mark& mark,
                                           const inbox_was_marked& handler)
{
    inbox_marked answer;
    auto ec = detail::check_mark(user, mark);
    if (!ec) {
        const std::lock_guard lock{state_->mutex};
        if (auto* box = state_->find(user))
            answer = box->mark(mark, detail::from_inbox_ms(detail::inbox_now_ms()));
        else
            answer.unknown = mark.ids;
    }
    if (!ec && !mark.all && answer.unknown.size() == mark.ids.size())
        ec = error::not_found;
    handler(ec, ec ? inbox_marked{} : std::move(answer));
}

FANFARE_DECL void memory_inbox::async_counts(std::string_view user, const inbox_was_counted& handler)
{
    inbox_counts counts;
    const auto ec = detail::check_user(user);
    if (!ec) {
        const std::lock_guard lock{state_->mutex};
        if (const auto* box = state_->find(user))
            counts = box->counts();
    }
    handler(ec, counts);
}

FANFARE_DECL std::size_t memory_inbox::bytes() const
{
    const std::lock_guard lock{state_->mutex};
    return state_->bytes;
}

} // namespace fanfare

#endif
