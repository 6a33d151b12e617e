// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_AUTH_HPP
#define FANFARE_AUTH_HPP

#include <fanfare/authorizer.hpp>
#include <fanfare/config.hpp>
#include <fanfare/detail/base/first_call.hpp>
#include <fanfare/error.hpp>
#include <fanfare/identity.hpp>
#include <fanfare/tls_peer.hpp>

#include <chrono>
#include <concepts>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

namespace fanfare {

/// The subprotocol that a client offers, and that the server answers, for this library's messages.
inline constexpr std::string_view v1_subprotocol = "fanfare.v1";

/// A query parameter that is there and cannot be read: a percent sign without two hexadecimal digits after it, or what is
/// not UTF-8. `what()` names it, without its value. Thrown by an authenticator it is a refusal with 400 that says so.
class unreadable_parameter : public std::runtime_error {
public:
    explicit unreadable_parameter(std::string_view name);
};

/// What an authenticator may look at: the upgrade request, without the HTTP library that read it.
///
/// Owns its strings, so that it can outlive the buffers of the HTTP parser. Thread-safe, since nothing in it
/// changes. A malformed header reads as "not there"; nothing here throws but `query`, and `std::bad_alloc`.
class handshake_request {
public:
    using header_list = std::vector<std::pair<std::string, std::string>>;

    /// Made by the servers; by an application with an HTTP server of its own, for instance with `describe_request`
    /// (handshake.hpp).
    handshake_request(std::string method, std::string target, header_list headers, std::string remote_address,
                      std::shared_ptr<const tls_peer> tls = nullptr)
        : method_{std::move(method)}, target_{std::move(target)}, headers_{std::move(headers)},
          remote_address_{std::move(remote_address)}, tls_{std::move(tls)}
    {}

    /// The HTTP method, as received.
    const std::string& method() const noexcept { return method_; }

    /// Path and query as received, still percent-encoded.
    const std::string& target() const noexcept { return target_; }

    /// The part of the target before the first `?`, still percent-encoded.
    std::string_view path() const noexcept { return std::string_view{target_}.substr(0, target_.find('?')); }

    /// The first query parameter of this name, percent-decoded, `+` as a space, as browsers write it.
    ///
    /// Each parameter is read by itself (URL Standard, section 5.1): what is wrong with one does not concern the others, and
    /// what browsers leave as it is, such as `|`, `{`, `^` or a letter in UTF-8, is itself. Empty if there is none; `?key`
    /// and `?key=` are empty strings. Throws `unreadable_parameter` if it cannot be read: that is never "not there". A
    /// function that answers later, in a thread of its own, asks before it goes there.
    std::optional<std::string> query(std::string_view key) const;

    /// The value of the first header of this name (case does not matter), or an empty view.
    std::string_view header(std::string_view name) const noexcept;

    /// The values of all headers of this name, in order: tells "absent", "empty" and "sent twice" apart.
    std::vector<std::string_view> header_values(std::string_view name) const;

    /// The first cookie of this name (case matters), without the quotes that RFC 6265 section 4.1.1 allows.
    std::optional<std::string> cookie(std::string_view name) const;

    /// The token of `Authorization: Bearer TOKEN` (RFC 6750 section 2.1), or an empty view.
    ///
    /// A header that was sent twice is no credential: two readers could take two different ones.
    std::string_view bearer_token() const;

    /// The offered subprotocols, in order, of all `Sec-WebSocket-Protocol` headers (RFC 6455 section 11.3.4).
    std::vector<std::string_view> subprotocols() const;

    /// Whether the client offers the subprotocol `name` (case matters).
    bool offers(std::string_view name) const;

    /// The client's address as text, without the port: the connection's other end, or whom a trusted proxy names
    /// (`trusted_proxies`). `0.0.0.0`, which is nobody's: it came by a Unix socket, or the proxy does not tell.
    const std::string& remote_address() const noexcept { return remote_address_; }

    /// What the TLS handshake of its connection settled, the client's certificate among it; null without TLS, and where the
    /// server does not know.
    const tls_peer* tls() const noexcept { return tls_.get(); }

private:
    std::string method_;
    std::string target_;
    header_list headers_;
    std::string remote_address_;
    std::shared_ptr<const tls_peer> tls_;
};

/// An origin in the one form in which equal origins are equal strings, or nothing if it is malformed.
///
/// RFC 6454 section 4: scheme and host in lower case, no default port. `null`, a list, a path, credentials and
/// percent-escapes in the host are malformed here. Thread-safe.
std::optional<std::string> normalized_origin(std::string_view origin);

/// Why a client may not enter; becomes an HTTP answer with a JSON body.
struct refusal {
    /// 401, 403 or 429; 400 for a query that cannot be read; 503 when the authenticator itself failed, so that the client tries again later.
    int status = 401;
    error code = error::unauthorized;
    /// For the client. Never contains the credential.
    std::string message{};
    /// Goes into `Retry-After`.
    std::optional<std::chrono::seconds> retry_after{};
    /// The request carried a credential of the kind that was looked for. `any_of` prefers such a refusal.
    bool credential_seen = false;
    /// What the authenticator threw, for the application's log; never sent.
    std::exception_ptr cause{};
};

/// A refusal with the message that belongs to `code`. Thread-safe.
refusal make_refusal(error code, int status = 401, bool credential_seen = false);

/// The answer of an authenticator: an identity, or a refusal.
class auth_result {
public:
    /// The client may enter as `who`. `subprotocol` is what the upgrade should answer; empty leaves the choice to
    /// `chosen_subprotocol`.
    auth_result(identity who, std::string subprotocol = {})
        : outcome_{std::move(who)}, subprotocol_{std::move(subprotocol)}
    {}
    /// The client may not enter.
    auth_result(refusal why) : outcome_{std::move(why)} {}
    /// No identity is a refusal with 401.
    auth_result(std::optional<identity> who);

    /// Whether it is an identity.
    bool accepted() const noexcept { return std::holds_alternative<identity>(outcome_); }
    explicit operator bool() const noexcept { return accepted(); }

    /// The identity. Throws `std::bad_variant_access` if this is a refusal.
    identity& who() { return std::get<identity>(outcome_); }
    const identity& who() const { return std::get<identity>(outcome_); }

    /// The refusal. Throws `std::bad_variant_access` if this is an identity.
    refusal& why() { return std::get<refusal>(outcome_); }
    const refusal& why() const { return std::get<refusal>(outcome_); }

    /// What was given to the constructor.
    const std::string& subprotocol() const noexcept { return subprotocol_; }

private:
    std::variant<identity, refusal> outcome_;
    std::string subprotocol_;
};

/// What the upgrade answers as `Sec-WebSocket-Protocol`, or an empty view for no such header.
///
/// Always one that the client offered (RFC 6455 section 4.2.2): that of the result, else `fanfare.v1`. A browser
/// fails a connection whose offer gets no answer, and an entry that carries a credential is never echoed.
/// The view is into `request`. Thread-safe.
std::string_view chosen_subprotocol(const handshake_request& request, const auth_result& result);

/// Takes the answer of an authenticator. Call it from any thread, at once or later, exactly once: any later call is
/// ignored. It runs the receiver of the answer in the calling thread; the receiver goes on to its own executor itself.
using auth_done = std::function<void(auth_result)>;

/// An authenticator that may answer later; see `authenticator`.
template <class A>
concept asynchronous_authenticator = std::invocable<A&, const handshake_request&, auth_done>;

/// An authenticator that returns its answer; see `authenticator`.
// clang-format off
template <class A>
concept synchronous_authenticator = requires(A& authenticate, const handshake_request& request)
{
    { authenticate(request) } -> std::convertible_to<auth_result>;
};
// clang-format on

/// A function from the upgrade request to an identity or a refusal, in one of two shapes:
/// - `auth_result (const handshake_request&)`, also with `identity`, `refusal` or `std::optional<identity>` as
///   its result, for what is decided at once;
/// - `void (const handshake_request&, auth_done)` for what has to ask somebody. The request is valid until `done`
///   was called, or the last copy of it was destroyed.
///
/// It may be called from several threads at once. One that never answers ends with the handshake deadline.
template <class A>
concept authenticator = std::copy_constructible<A> &&
    (asynchronous_authenticator<A> || synchronous_authenticator<A>);

namespace detail {

bool equal_ignoring_case(std::string_view left, std::string_view right) noexcept;

// Takes the next element off a list, without the white space around it. Empty ones are to be skipped (RFC 9110 section
// 5.6.1.2).
std::string_view next_element(std::string_view& list, char separator) noexcept;

enum class host_kind { name, ipv4, ipv6 };

// A host with an optional port (RFC 3986 section 3.2), as it stands in `Host` and in origins.
struct authority {
    std::string host; // in lower case; an IPv6 address in brackets
    std::optional<std::string> port;
    host_kind kind;
};
// Nothing if it is malformed, overlong, has no host, or a user.
std::optional<authority> read_authority(std::string_view text);
// Whether a browser could send it: names have letters, digits, `-`, `.` and `_` only.
bool is_browser_host(const authority& read) noexcept;

refusal authenticator_failed(std::exception_ptr cause);

template <class A>
auth_result authenticate_now(A& authenticate, const handshake_request& request)
{
    try {
        return authenticate(request);
    } catch (...) {
        return authenticator_failed(std::current_exception());
    }
}

template <class A>
void authenticate(A& function, const handshake_request& request, auth_done done)
{
    if constexpr (asynchronous_authenticator<A>) {
        const first_call<auth_result> once{std::move(done)};
        try {
            function(request, auth_done{once});
        } catch (...) {
            if (!once.try_call(authenticator_failed(std::current_exception()))) {
                throw; // it had answered: the exception is that of whoever took the answer
            }
        }
    } else {
        done(authenticate_now(function, request));
    }
}

} // namespace detail

/// Any authenticator, as one copyable type. Copies share nothing but what the function itself shares.
///
/// Makes three promises for the function it holds: `done` is called at most once, an exception becomes a refusal
/// with 503 and the exception as its `cause` (`unreadable_parameter`: with 400), and an empty object refuses everybody
/// with 401.
class any_authenticator {
public:
    /// Refuses everybody.
    any_authenticator() = default;

    /// Holds `function`.
    template <class A>
    requires(!std::same_as<A, any_authenticator>) && authenticator<A> any_authenticator(A function)
        : function_{[held = std::move(function)](const handshake_request& request, auth_done done) mutable {
              detail::authenticate(held, request, std::move(done));
          }}
    {}

    /// Whether it holds a function.
    explicit operator bool() const noexcept { return static_cast<bool>(function_); }

    /// Asks the function for its answer.
    ///
    /// - Lifetimes: the caller keeps `request` alive until `done` was called or its last copy was destroyed.
    /// - Completion: `done` is called at most once, on any thread, maybe before this returns.
    /// - Thread-safety: that of the function.
    void operator()(const handshake_request& request, auth_done done) const
    {
        if (!function_) {
            return done(make_refusal(error::unauthorized));
        }
        function_(request, std::move(done));
    }

    /// The same, with the request owned by the pending call, so that the caller need not keep it.
    void operator()(std::shared_ptr<const handshake_request> request, auth_done done) const
    {
        const auto& view = *request;
        (*this)(view, [request = std::move(request), done = std::move(done)](auth_result result) {
            done(std::move(result));
        });
    }

private:
    std::function<void(const handshake_request&, auth_done)> function_;
};

} // namespace fanfare

#if defined(FANFARE_HEADER_ONLY)
#include <fanfare/auth.ipp>
#endif

#endif
