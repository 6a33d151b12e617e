// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_AUTH_JWT_KEYS_SOURCE_IPP
#define FANFARE_AUTH_JWT_KEYS_SOURCE_IPP

#include <fanfare/auth/jwt_keys_source.hpp>
#include <fanfare/detail/base/clock_math.hpp>
#include <fanfare/detail/base/first_call.hpp>
#include <fanfare/detail/jwt/key_ring.hpp>
#include <fanfare/error.hpp>

#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/system/system_error.hpp>

#include <cstdint>
#include <mutex>
#include <optional>
#include <utility>
#include <vector>

namespace fanfare {
namespace detail {

inline void check_range(const char* name, std::chrono::milliseconds value, std::chrono::milliseconds most)
{
    if (value <= std::chrono::milliseconds::zero() || value > most)
        fail_jwt_config("jwt_keys_source_options::" + std::string{name} + " is out of its range");
}

inline void check(const jwt_keys_source_options& options)
{
    using namespace std::chrono_literals;
    if (!options.fetch || !options.on_refresh)
        fail_jwt_config("a source needs fetch and on_refresh");
    check_range("least_interval", options.least_interval, 24h);
    check_range("retry", options.retry, 24h);
    check_range("timeout", options.timeout, 60s);
    if (options.interval < options.least_interval)
        fail_jwt_config("jwt_keys_source_options::interval is below least_interval");
    if (options.max_waiting == 0)
        fail_jwt_config("jwt_keys_source_options::max_waiting is 0");
}

} // namespace detail

// What waits for a timer or is posted keeps it. An answer of `fetch` does not: it may come when the context has gone.
class jwt_keys_source::impl final : public detail::jwt_key_refresher, public std::enable_shared_from_this<impl> {
public:
    impl(asio::any_io_executor executor, jwt_keys keys, jwt_keys_source_options options)
        : executor_{std::move(executor)}, keys_{std::move(keys)}, options_{std::move(options)}, next_{executor_},
          deadline_{executor_}
    {}

    void start()
    {
        keys_.ring()->set_refresher(weak_from_this());
        refresh();
    }

    void refresh()
    {
        const std::lock_guard lock{mutex_};
        if (!stopped_ && !asking_)
            ask();
    }

    void stop();
    wait await_keys(std::function<void(bool)>& done) override;

private:
    struct answer {
        error_code failure{};
        std::string text{};
        std::exception_ptr thrown{};
    };

    void ask();
    void fetch(std::uint64_t question);
    void take(std::uint64_t question, answer got);
    void settle(std::uint64_t question, const answer& got);
    std::exception_ptr use(const answer& got);
    std::vector<std::function<void(bool)>> finish(bool failed);

    bool is_over(std::uint64_t question)
    {
        const std::lock_guard lock{mutex_};
        return stopped_ || !asking_ || question != question_;
    }

    const asio::any_io_executor executor_;
    jwt_keys keys_;
    const jwt_keys_source_options options_;
    std::recursive_mutex
        calling_;      // held while the application's functions are called, which may destroy the source
    std::mutex mutex_; // for all that follows; taken after `calling_`
    std::optional<asio::steady_timer> next_, deadline_; // until it is stopped
    bool stopped_ = false;
    bool asking_ = false;
    bool failed_ = false;
    std::uint64_t question_ = 0;
    std::chrono::steady_clock::time_point answered_{};
    std::vector<std::function<void(bool)>> waiting_;
};

FANFARE_DECL void jwt_keys_source::impl::stop()
{
    std::vector<std::function<void(bool)>> waiting;
    {
        const std::lock_guard nothing_is_called{calling_};
        const std::lock_guard lock{mutex_};
        stopped_ = true;
        waiting.swap(waiting_);
        next_.reset(); // they must not outlive the context, and this may
        deadline_.reset();
    }
    for (const auto& done : waiting)
        try {
            done(false);
        } catch (...) { // it must not, and the others are to be told; this may be a destructor
        }
}

FANFARE_DECL detail::jwt_key_refresher::wait jwt_keys_source::impl::await_keys(std::function<void(bool)>& done)
{
    const std::lock_guard lock{mutex_};
    if (stopped_)
        return wait::asked_lately; // no more will come
    if (waiting_.size() >= options_.max_waiting)
        return wait::unavailable;
    if (!asking_) {
        const auto rest = failed_ ? options_.retry : options_.least_interval;
        if (std::chrono::steady_clock::now() - answered_ < rest)
            return failed_ ? wait::unavailable : wait::asked_lately;
        ask();
    }
    waiting_.push_back(std::move(done));
    return wait::queued;
}

// Under `mutex_`.
FANFARE_DECL void jwt_keys_source::impl::ask()
{
    asking_ = true;
    const auto question = ++question_;
    next_->cancel();
    deadline_->expires_after(options_.timeout);
    deadline_->async_wait([self = shared_from_this(), question](error_code) {
        self->settle(question, {.failure = error::timed_out}); // nothing, if it was cancelled
    });
    asio::post(executor_, [self = shared_from_this(), question] { self->fetch(question); });
}

FANFARE_DECL void jwt_keys_source::impl::fetch(std::uint64_t question)
{
    const std::lock_guard calling{calling_};
    if (is_over(question))
        return;
    const detail::first_call<answer> once{[weak = weak_from_this(), question](answer got) {
        if (const auto self = weak.lock())
            self->take(question, std::move(got));
    }};
    try {
        options_.fetch([once](error_code ec, std::string text) { once({ec, std::move(text), {}}); });
    } catch (...) {
        once({{}, {}, std::current_exception()});
    }
}

FANFARE_DECL void jwt_keys_source::impl::take(std::uint64_t question, answer got)
{
    const std::lock_guard lock{mutex_};
    if (!stopped_) // then the context may have gone
        asio::post(executor_,
                   [self = shared_from_this(), question, got = std::move(got)] { self->settle(question, got); });
}

FANFARE_DECL void jwt_keys_source::impl::settle(std::uint64_t question, const answer& got)
{
    const std::lock_guard calling{calling_};
    if (is_over(question))
        return;
    const auto failed = use(got);
    for (auto& done :
         finish(failed != nullptr)) // each by itself, so that what one throws does not concern the others
        asio::post(executor_, [done = std::move(done), good = !failed] { done(good); });
    options_.on_refresh(failed);
}

FANFARE_DECL std::exception_ptr jwt_keys_source::impl::use(const answer& got)
{
    if (got.thrown)
        return got.thrown;
    try {
        if (got.failure)
            throw boost::system::system_error{got.failure, "JWT: the keys cannot be fetched"};
        keys_.ring()->set(detail::parse_jwks(got.text, {}, detail::jwks_kinds::public_keys));
        return nullptr;
    } catch (...) {
        return std::current_exception();
    }
}

FANFARE_DECL std::vector<std::function<void(bool)>> jwt_keys_source::impl::finish(bool failed)
{
    const std::lock_guard lock{mutex_};
    asking_ = false;
    failed_ = failed;
    answered_ = std::chrono::steady_clock::now();
    deadline_->cancel();
    next_->expires_after(detail::bounded_time(failed ? options_.retry : options_.interval));
    next_->async_wait([self = shared_from_this()](error_code ec) {
        if (!ec)
            self->refresh();
    });
    return std::exchange(waiting_, {});
}

FANFARE_DECL jwt_keys_source::jwt_keys_source(const asio::any_io_executor& executor, jwt_keys keys,
                                              jwt_keys_source_options options)
{
    detail::check(options);
    impl_ = std::make_shared<impl>(executor, std::move(keys), std::move(options));
    impl_->start();
}

FANFARE_DECL jwt_keys_source::~jwt_keys_source()
{
    impl_->stop();
}

FANFARE_DECL void jwt_keys_source::stop()
{
    impl_->stop();
}

FANFARE_DECL void jwt_keys_source::refresh()
{
    impl_->refresh();
}

} // namespace fanfare

#endif
