// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_SQLITE_WORKER_IPP
#define FANFARE_DETAIL_SQLITE_WORKER_IPP

#include <fanfare/detail/sqlite/worker.hpp>
#include <fanfare/error.hpp>

#include <boost/asio/post.hpp>
#include <boost/asio/query.hpp>

#include <algorithm>

namespace fanfare::detail {

// What the answers of one transaction may keep, besides that of its last job.
inline constexpr std::size_t sqlite_answer_bytes = 16 * 1024 * 1024;

FANFARE_DECL sqlite_worker::sqlite_worker(const asio::any_io_executor& executor,
                                          std::unique_ptr<sqlite_tables> tables, const sqlite_options& options)
    : tables_{std::move(tables)}, savepoint_{tables_->database(), "SAVEPOINT fanfare_job"},
      release_{tables_->database(), "RELEASE fanfare_job"}, rollback_to_{tables_->database(),
                                                                         "ROLLBACK TO fanfare_job"},
      queue_count_{std::max<std::size_t>(options.queue_count, 1)}, queue_bytes_{options.queue_bytes},
      batch_limit_{std::clamp<std::size_t>(options.batch, 1, 1'000'000)},
      queue_{asio::query(executor, asio::execution::context), executor}
{
    batch_.reserve(batch_limit_);
}

FANFARE_DECL void sqlite_worker::submit(std::unique_ptr<sqlite_job> job)
{
    bool refused = false;
    queue_.with([&](queue& q) {
        refused = q.count >= queue_count_ || q.bytes + job->bytes_ > queue_bytes_;
        if (refused)
            return;
        const auto bytes = job->bytes_;
        if (!q.working)
            post_work(q);
        q.working = true;
        q.waiting.push_back(std::move(job));
        ++q.count;
        q.bytes += bytes;
    });
    if (refused)
        job->done(error::store_full);
}

FANFARE_DECL void sqlite_worker::post_work(const queue& q)
{
    asio::post(q.executor, [self = shared_from_this()] { self->work(); });
}

// There is one at a time: the flag `working` stands until the queue is empty.
FANFARE_DECL void sqlite_worker::work()
{
    std::size_t bytes = 0;
    queue_.with([&](queue& q) {
        for (; !q.waiting.empty() && batch_.size() != batch_limit_; q.waiting.pop_front()) {
            bytes += q.waiting.front()->bytes_;
            batch_.push_back(std::move(q.waiting.front()));
        }
    });
    execute(0, batch_.size());
    const auto count = batch_.size();
    batch_.clear();
    queue_.with([&](queue& q) {
        q.count -= count;
        q.bytes -= bytes;
        q.working = !q.waiting.empty();
        if (q.working)
            post_work(q);
    });
}

FANFARE_DECL void sqlite_worker::execute(std::size_t first, std::size_t last) noexcept
{
    while (first != last) {
        std::size_t end = last, failed_job = last;
        const auto why = run_transaction(first, end, failed_job);
        if (!why) {
            answer(first, end);
            first = end;
            continue;
        }
        if (failed_job != last) { // the others do without it
            execute(first, failed_job);
            batch_[failed_job]->result_ = why;
            answer(failed_job, failed_job + 1);
            first = failed_job + 1;
            continue;
        }
        const bool alone = end - first == 1;
        for (; first != end; ++first) {
            batch_[first]->result_ = why;
            if (!batch_[first]->writes_ && !alone)
                execute(first, first + 1); // what only reads does not need what failed
            else
                answer(first, first + 1);
        }
    }
}

FANFARE_DECL void sqlite_worker::answer(std::size_t first, std::size_t last) noexcept
{
    for (; first != last; ++first) {
        batch_[first]->done(batch_[first]->result_);
        batch_[first].reset();
    }
}

// Runs the jobs from `first` to before `last` in one transaction; `last` becomes less where their answers are large. If
// the error of one job has made SQLite end the transaction, that is `failed_job`.
FANFARE_DECL error_code sqlite_worker::run_transaction(std::size_t first, std::size_t& last,
                                                       std::size_t& failed_job) noexcept
{
    try {
        auto& db = tables_->database();
        bool writes = false;
        for (auto i = first; i != last; ++i)
            writes = writes || batch_[i]->writes_;
        using kind = sqlite_transaction::kind;
        sqlite_transaction all{db, writes ? kind::write : kind::read};
        tables_->begin();
        tables_->answer_bytes_ = 0;
        for (auto i = first; i != last; ++i) {
            run(*batch_[i]);
            if (!db.in_transaction()) {
                failed_job = i;
                return batch_[i]->result_ ? batch_[i]->result_ : error_code{error::store_failed};
            }
            if (tables_->answer_bytes_ >= sqlite_answer_bytes)
                last = i + 1;
        }
        if (writes)
            tables_->finish();
        return commit(all);
    } catch (...) {
        return sqlite_failure();
    }
}

FANFARE_DECL error_code sqlite_worker::commit(sqlite_transaction& all) noexcept
{
    try {
        all.commit();
        return {};
    } catch (...) {
        const auto why = sqlite_failure();
        return sqlite_unconfirmed(why) ? error_code{error::delivery_unknown} : why;
    }
}

FANFARE_DECL void sqlite_worker::run(sqlite_job& job) noexcept
{
    job.result_ = {};
    const bool guarded = job.writes_ && !job.single_statement_;
    bool begun = false;
    try {
        if (guarded)
            savepoint_.run();
        begun = guarded;
        job.run();
        if (guarded)
            release_.run();
    } catch (...) {
        job.result_ = sqlite_failure();
        if (begun)
            undo(job);
    }
}

FANFARE_DECL void sqlite_worker::undo(sqlite_job& job) noexcept
{
    auto& db = tables_->database();
    try {
        if (!db.in_transaction())
            return; // SQLite has undone all of it
        rollback_to_.run();
        release_.run();
    } catch (...) {
        job.result_ = sqlite_failure();
        db.roll_back();
    }
}

} // namespace fanfare::detail

#endif
