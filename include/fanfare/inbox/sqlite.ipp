// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_INBOX_SQLITE_IPP
#define FANFARE_INBOX_SQLITE_IPP

#include <fanfare/detail/inbox/inbox_rules.hpp>
#include <fanfare/detail/sqlite/inbox_tables.hpp>
#include <fanfare/detail/sqlite/worker.hpp>
#include <fanfare/detail/wire/envelope.hpp>
#include <fanfare/error.hpp>
#include <fanfare/inbox/sqlite.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>

namespace fanfare {
namespace detail {

// One operation: `work` fills in the answer, and may do so again.
template <class Answer>
class sqlite_inbox_job final : public sqlite_job {
public:
    using work_type = std::function<Answer()>;
    using handler_type = std::function<void(error_code, Answer)>;

    sqlite_inbox_job(bool writes, std::size_t bytes, work_type work, handler_type handler)
        : sqlite_job{writes, sizeof(sqlite_inbox_job) + bytes}, work_{std::move(work)}, handler_{
                                                                                            std::move(handler)}
    {}
    void run() override { answer_ = work_(); }
    void done(error_code ec) noexcept override { handler_(ec, ec ? Answer{} : std::move(answer_)); }

private:
    const work_type work_;
    const handler_type handler_;
    Answer answer_{};
};

} // namespace detail

struct sqlite_inbox::state {
    state(const asio::any_io_executor& executor, std::unique_ptr<detail::sqlite_inbox_tables> t,
          const sqlite_options& options, const inbox_limits& l)
        : tables{*t}, worker{std::make_shared<detail::sqlite_worker>(executor, std::move(t), options)}, limits{l}
    {}

    template <class Answer, class Work>
    void submit(bool writes, std::size_t bytes, Work work, std::function<void(error_code, Answer)> handler)
    {
        worker->submit(std::make_unique<detail::sqlite_inbox_job<Answer>>(writes, bytes, std::move(work),
                                                                          std::move(handler)));
    }

    detail::sqlite_inbox_tables& tables; // the worker's
    const std::shared_ptr<detail::sqlite_worker> worker;
    const inbox_limits limits;
};

FANFARE_DECL sqlite_inbox::sqlite_inbox(const asio::any_io_executor& executor, std::string file,
                                        sqlite_options options, inbox_limits limits)
{
    detail::check_limits(limits);
    state_ = std::make_shared<state>(
        executor, std::make_unique<detail::sqlite_inbox_tables>(std::move(file), options), options, limits);
}

FANFARE_DECL void sqlite_inbox::async_add(inbox_add what, inbox_was_added handler)
{
    auto data = detail::inbox_data_text(what);
    if (const auto ec = detail::check_add(what, data, state_->limits))
        return handler(ec, {});
    const auto bytes = what.title.size() + what.message.size() + 2 * data.size() + what.idempotency_key.size();
    state_->submit<inbox_added>(
        true, bytes,
        [&tables = state_->tables, limits = state_->limits, what = detail::own_inbox_add(std::move(what)),
         data = std::move(data)] { return tables.add(what, data, limits); },
        std::move(handler));
}

FANFARE_DECL void sqlite_inbox::async_list(std::string_view user, const inbox_query& query,
                                           inbox_was_listed handler)
{
    std::uint64_t before = 0;
    if (const auto ec = detail::check_query(user, query, before))
        return handler(ec, {});
    state_->submit<inbox_page>(
        false, user.size(),
        [&tables = state_->tables, user = std::string{user}, limit = query.limit, filter = query.filter, before] {
            return tables.list(user, {.limit = limit, .filter = filter}, before);
        },
        std::move(handler));
}

FANFARE_DECL void sqlite_inbox::async_mark(std::string_view user, const inbox_mark& mark, inbox_was_marked handler)
{
    if (const auto ec = detail::check_mark(user, mark))
        return handler(ec, {});
    state_->submit<inbox_marked>(
        true, mark.ids.size() * (sizeof(std::string) + detail::inbox_id_size) + user.size(),
        [&tables = state_->tables, user = std::string{user}, mark] { return tables.mark(user, mark); },
        [asked = mark.ids.size(), handler = std::move(handler)](error_code ec, inbox_marked answer) {
            if (!ec && asked != 0 && answer.unknown.size() == asked)
                return handler(error::not_found, {});
            handler(ec, std::move(answer));
        });
}

FANFARE_DECL void sqlite_inbox::async_counts(std::string_view user, inbox_was_counted handler)
{
    if (const auto ec = detail::check_user(user))
        return handler(ec, {});
    state_->submit<inbox_counts>(
        false, user.size(), [&tables = state_->tables, user = std::string{user}] { return tables.counts(user); },
        std::move(handler));
}

} // namespace fanfare

#endif
