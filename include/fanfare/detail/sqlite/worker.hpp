// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_SQLITE_WORKER_HPP
#define FANFARE_DETAIL_SQLITE_WORKER_HPP

#include <fanfare/config.hpp>
#include <fanfare/detail/base/context_bound.hpp>
#include <fanfare/detail/sqlite/database.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/system/error_code.hpp>

#include <cstddef>
#include <deque>
#include <memory>
#include <utility>
#include <vector>

namespace fanfare::detail {

// What the jobs of a worker share: the connection, its prepared statements, and what they remember of a transaction.
class sqlite_tables {
public:
    virtual ~sqlite_tables() = default;
    virtual sqlite_database& database() noexcept = 0;
    // A transaction has begun. Whatever was remembered of another one, which may have been rolled back, is void.
    virtual void begin() {}
    // The last part of a transaction that writes, before COMMIT. May throw, as a job may: then all of it is undone.
    virtual void finish() {}

protected:
    // What a job has read is kept until COMMIT: a transaction that has much of it ends, and the next one goes on.
    void will_answer(std::size_t bytes) noexcept { answer_bytes_ += bytes; }

private:
    friend class sqlite_worker;
    std::size_t answer_bytes_ = 0; // of this transaction
};

// One operation. It is queued from any thread and lives until `done` was called, or until the worker's context ends.
class sqlite_job {
public:
    // `writes`: it needs a transaction that writes. `single_statement`: it changes the file by one statement at most,
    // so that it needs no savepoint to undo it.
    explicit sqlite_job(bool writes, std::size_t bytes, bool single_statement = false) noexcept
        : bytes_{bytes}, writes_{writes}, single_statement_{single_statement}
    {}
    virtual ~sqlite_job() = default;
    sqlite_job(const sqlite_job&) = delete;
    sqlite_job& operator=(const sqlite_job&) = delete;

    // In a transaction, on the worker's executor. Whatever it throws undoes what it did, and nothing else. May be run
    // again, after all that it did was undone: it must not give away or change what it would need then.
    virtual void run() = 0;
    // Once, in the order in which the jobs were queued. Without an error: after COMMIT. With one: nothing of it is
    // stored; with `delivery_unknown` the disk has not said. On the worker's executor; for a job that is refused in
    // the thread that queued it.
    virtual void done(error_code ec) noexcept = 0;

private:
    friend class sqlite_worker;
    std::size_t bytes_;
    bool writes_;
    bool single_statement_;
    error_code result_{};
};

// Runs jobs one after the other, all that wait in one transaction, on an executor for work that blocks. A job that
// fails takes no other with it; a COMMIT that fails takes all of its transaction. Jobs that do not write see what the
// jobs before them did, and work on where nothing can be written. No thread of its own.
//
//     struct inbox_tables : sqlite_tables { ... };
//     auto tables = std::make_unique<inbox_tables>("file.db", options);
//     auto worker = std::make_shared<sqlite_worker>(executor, std::move(tables), options);
//     worker->submit(std::make_unique<insert_job>(...));  // jobs may keep a reference to the tables
//
// What was queued is still done after the last handle is gone, as long as the executor runs. Where its context ends
// first, waiting jobs are destroyed without a call, and later ones at once.
class sqlite_worker : public std::enable_shared_from_this<sqlite_worker> {
public:
    sqlite_worker(const asio::any_io_executor& executor, std::unique_ptr<sqlite_tables> tables,
                  const sqlite_options& options);

    // Queues a job; calls its `done` with `store_full` at once if too many wait. Thread-safe.
    void submit(std::unique_ptr<sqlite_job> job);

private:
    // Destroyed with the context.
    struct queue {
        explicit queue(asio::any_io_executor e) : executor{std::move(e)} {}
        asio::any_io_executor executor;
        std::deque<std::unique_ptr<sqlite_job>> waiting;
        std::size_t count = 0; // with those of the batch at work
        std::size_t bytes = 0;
        bool working = false;
    };

    void post_work(const queue& q);
    void work();
    // These do the jobs from `first` to before `last` of the batch. `execute` answers each of them.
    void execute(std::size_t first, std::size_t last) noexcept;
    error_code run_transaction(std::size_t first, std::size_t& last, std::size_t& failed_job) noexcept;
    void answer(std::size_t first, std::size_t last) noexcept;
    error_code commit(sqlite_transaction& all) noexcept;
    void run(sqlite_job& job) noexcept;
    void undo(sqlite_job& job) noexcept;

    const std::unique_ptr<sqlite_tables> tables_;
    sqlite_statement savepoint_, release_, rollback_to_;
    const std::size_t queue_count_, queue_bytes_, batch_limit_;
    std::vector<std::unique_ptr<sqlite_job>> batch_; // of the one `work` that is under way
    context_bound<queue> queue_;
};

} // namespace fanfare::detail

#if defined(FANFARE_HEADER_ONLY)
#include <fanfare/detail/sqlite/worker.ipp>
#endif

#endif
