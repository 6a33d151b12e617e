// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_TESTING_JOINED_THREADS_HPP
#define FANFARE_DETAIL_TESTING_JOINED_THREADS_HPP

#include <exception>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

namespace fanfare::detail {

/// Threads that a check waits for in any case. What one throws is thrown by `join`.
class joined_threads {
public:
    joined_threads() = default;
    ~joined_threads() { wait(); }
    joined_threads(const joined_threads&) = delete;
    joined_threads& operator=(const joined_threads&) = delete;

    template <class F>
    void run(F work)
    {
        threads_.emplace_back([this, work = std::move(work)]() mutable {
            try {
                work();
            } catch (...) {
                const std::lock_guard lock{mutex_};
                thrown_ = std::current_exception();
            }
        });
    }
    void join()
    {
        wait();
        if (thrown_)
            std::rethrow_exception(std::exchange(thrown_, nullptr));
    }

private:
    void wait()
    {
        for (auto& t : threads_)
            t.join();
        threads_.clear();
    }

    std::mutex mutex_;
    std::exception_ptr thrown_;
    std::vector<std::thread> threads_;
};

} // namespace fanfare::detail

#endif
