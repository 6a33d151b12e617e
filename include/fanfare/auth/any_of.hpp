// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_AUTH_ANY_OF_HPP
#define FANFARE_AUTH_ANY_OF_HPP

#include <fanfare/auth.hpp>
#include <fanfare/config.hpp>

#include <cstddef>
#include <memory>
#include <utility>
#include <vector>

namespace fanfare {

/// Asks several authenticators, one after the other: the first identity wins.
///
/// If all refuse, the answer is the refusal of the first that found a credential of its kind, else the last one.
/// An authenticator that lets everybody in belongs at the end, and lets in those with a bad credential, too. Each
/// is asked where the one before it answered. Thread-safe if they are; copies share them.
class any_of {
public:
    /// Asks the authenticators in this order. They are moved in; copies of this object share them.
    template <authenticator First, authenticator Second, authenticator... Rest>
    any_of(First first, Second second, Rest... rest)
        : choices_{std::make_shared<const std::vector<any_authenticator>>(
              std::vector<any_authenticator>{std::move(first), std::move(second), std::move(rest)...})}
    {}

    /// Asks. `request` lives until `done` was called, or its last copy was destroyed. `done` is called once, with the
    /// first identity or the best refusal, where the last authenticator that was asked answers; maybe before this
    /// returns. Thread-safe if the authenticators are.
    void operator()(const handshake_request& request, auth_done done) const
    {
        ask(std::make_shared<attempt>(choices_, request, std::move(done)));
    }

private:
    using choices = std::shared_ptr<const std::vector<any_authenticator>>;

    struct attempt {
        attempt(choices c, const handshake_request& r, auth_done d)
            : list{std::move(c)}, request{r}, done{std::move(d)}
        {}

        choices list;
        const handshake_request& request; // alive until `done` was called
        auth_done done;
        std::size_t next = 0;
        refusal best{};
    };

    // `self` is not touched after the question: the answer may be on its way in another thread. The list is held,
    // since the answer may release everything else while the authenticator that gave it has not yet returned.
    static void ask(std::shared_ptr<attempt> self)
    {
        const auto list = self->list;
        const auto& choice = (*list)[self->next++];
        const auto& request = self->request;
        choice(request, [self = std::move(self)](auth_result result) mutable {
            if (result.accepted()) {
                return self->done(std::move(result));
            }
            if (!self->best.credential_seen) {
                self->best = std::move(result.why());
            }
            if (self->next == self->list->size()) {
                return self->done(std::move(self->best));
            }
            ask(std::move(self));
        });
    }

    choices choices_;
};

static_assert(authenticator<any_of>);

} // namespace fanfare

#endif
