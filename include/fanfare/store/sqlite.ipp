// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_STORE_SQLITE_IPP
#define FANFARE_STORE_SQLITE_IPP

#include <fanfare/detail/sqlite/history.hpp>
#include <fanfare/detail/sqlite/worker.hpp>
#include <fanfare/store/sqlite.hpp>

#include <boost/system/error_code.hpp>

#include <cstddef>

namespace fanfare {
namespace detail {

class sqlite_append final : public sqlite_job {
public:
    sqlite_append(sqlite_history& history, history_append m, append_done done)
        : sqlite_job{true, sizeof(sqlite_append) + m.message.body.size() + m.message.key.size() + m.room.size(),
                     m.idempotency_key.empty()},
          history_{history}, room_{m.room}, message_{std::move(m.message)}, key_{m.idempotency_key},
          limits_{m.limits}, done_{std::move(done)}
    {}
    void run() override { at_ = history_.append(room_, message_, key_, limits_, duplicate_); }
    void done(error_code ec) noexcept override
    {
        if (ec)
            done_({.error = ec});
        else
            done_({.at = at_, .duplicate = duplicate_, .message = duplicate_ ? nullptr : &message_});
    }

private:
    sqlite_history& history_;
    const std::string room_;
    stored_message message_;
    const std::string key_;
    const history_limits limits_;
    const append_done done_;
    position at_{};
    bool duplicate_ = false;
};

class sqlite_read final : public sqlite_job {
public:
    sqlite_read(sqlite_history& history, std::string_view room, const history_query& query, history_done done)
        : sqlite_job{false, sizeof(sqlite_read) + room.size()}, history_{history}, room_{room}, query_{query},
          done_{std::move(done)}
    {}
    void run() override { page_ = history_.read(room_, query_); }
    void done(error_code ec) noexcept override { done_(ec, ec ? history_page{} : std::move(page_)); }

private:
    sqlite_history& history_;
    const std::string room_;
    const history_query query_;
    const history_done done_;
    history_page page_{};
};

} // namespace detail

struct sqlite_store::state {
    state(const asio::any_io_executor& executor, std::unique_ptr<detail::sqlite_history> tables,
          const sqlite_options& options)
        : history{*tables}, worker{std::make_shared<detail::sqlite_worker>(executor, std::move(tables), options)}
    {}

    detail::sqlite_history& history; // the worker's
    const std::shared_ptr<detail::sqlite_worker> worker;
};

FANFARE_DECL sqlite_store::sqlite_store(const asio::any_io_executor& executor, std::string file,
                                        sqlite_options options)
    : state_{std::make_shared<state>(executor, std::make_unique<detail::sqlite_history>(std::move(file), options),
                                     options)}
{}

FANFARE_DECL void sqlite_store::async_append(history_append message, append_done done)
{
    state_->worker->submit(
        std::make_unique<detail::sqlite_append>(state_->history, std::move(message), std::move(done)));
}

FANFARE_DECL void sqlite_store::async_read(std::string_view room, const history_query& query, history_done done)
{
    state_->worker->submit(std::make_unique<detail::sqlite_read>(state_->history, room, query, std::move(done)));
}

} // namespace fanfare

#endif
