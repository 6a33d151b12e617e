// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_HUB_ANY_STORE_HPP
#define FANFARE_DETAIL_HUB_ANY_STORE_HPP

#include <fanfare/config.hpp>
#include <fanfare/error.hpp>
#include <fanfare/store.hpp>

#include <memory>
#include <string_view>
#include <utility>

namespace fanfare::detail {

/// A read that is answered in any case: also where the store drops the handler, or throws.
class pending_read {
public:
    explicit pending_read(history_done then) : then_{std::move(then)} {}
    ~pending_read() { give(error::store_failed, {}); }
    pending_read(const pending_read&) = delete;
    pending_read& operator=(const pending_read&) = delete;

    void give(error_code ec, history_page page)
    {
        for (const auto& m : page.messages)
            if (!m.body.starts_with('{') || !m.body.ends_with('}'))
                ec = error::store_failed; // others have written there
        if (const auto then = std::exchange(then_, {}))
            then(ec, ec ? history_page{} : std::move(page));
    }

private:
    history_done then_;
};

/// A store behind virtual functions, so that the hub's code is compiled once for all stores.
class any_store {
public:
    virtual ~any_store() = default;
    virtual void append(history_append message, append_done done) = 0;
    virtual void read(std::string_view room, const history_query& query, history_done done) = 0;
    virtual bool between_processes() const noexcept = 0;
};

template <store S>
class store_holder final : public any_store {
public:
    explicit store_holder(S s) : store_{std::move(s)} {}
    void append(history_append message, append_done done) override
    {
        try {
            store_.async_append(std::move(message), done);
        } catch (...) {
            done({.error = error::store_failed});
        }
    }
    void read(std::string_view room, const history_query& query, history_done done) override
    {
        const auto pending = std::make_shared<pending_read>(std::move(done));
        try {
            store_.async_read(room, query,
                              [pending](error_code ec, history_page page) { pending->give(ec, std::move(page)); });
        } catch (...) {
            pending->give(error::store_failed, {});
        }
    }

    bool between_processes() const noexcept override
    {
        if constexpr (requires { S::between_processes; })
            return S::between_processes;
        else
            return true;
    }

private:
    S store_;
};

} // namespace fanfare::detail

#endif
