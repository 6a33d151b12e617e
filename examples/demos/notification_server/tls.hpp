// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef NOTIFICATION_SERVER_TLS_HPP
#define NOTIFICATION_SERVER_TLS_HPP

#include <fanfare/server.hpp>
#if defined(FANFARE_WITH_SSL)
#include <fanfare/ssl.hpp>
#endif

#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>

#include <csignal>
#include <exception>
#include <iostream>
#include <optional>
#include <stdexcept>
#include <string>

namespace demo {

/// The certificate of `--tls-cert` and `--tls-key`, if there is one: read at the start, and again on SIGHUP. What cannot
/// be used throws at the start, naming the file; later the certificate of before stays. Without one SIGHUP is told, and
/// changes nothing. On one thread, the context's.
class tls {
public:
    /// @param certificate,key The names of the files; empty: no TLS.
    tls([[maybe_unused]] boost::asio::io_context& ioc, const std::string& certificate,
        [[maybe_unused]] const std::string& key)
    {
#if defined(FANFARE_WITH_SSL)
        if (!certificate.empty())
            context_.emplace(fanfare::tls_options{.certificates = {{certificate, key}}});
#else
        if (!certificate.empty())
            throw std::invalid_argument("--tls-cert: this program was built without TLS (FANFARE_WITH_SSL)");
#endif
#if defined(SIGHUP)
        hangup_.emplace(ioc, SIGHUP);
        wait();
#endif
    }

#if defined(FANFARE_WITH_SSL)
    fanfare::any_tls_context context() const
    {
        if (context_)
            return *context_;
        return {};
    }
#else
    fanfare::any_tls_context context() const
    {
        return {};
    }
#endif
    /// No more reloads: the program ends.
    void stop()
    {
        if (hangup_)
            hangup_->cancel();
    }

private:
    void wait()
    {
        hangup_->async_wait([this](boost::system::error_code ec, int) {
            if (ec)
                return;
            reload();
            wait();
        });
    }

#if defined(FANFARE_WITH_SSL)
    void reload()
    {
        if (!context_)
            return tell_nothing_to_read();
        try {
            context_->reload();
            std::cerr << "tls: read the certificate again\n";
        } catch (const std::exception& e) { // the one before stays
            std::cerr << "tls: " << e.what() << '\n';
        }
    }

    std::optional<fanfare::tls_context> context_;
#else
    static void reload()
    {
        tell_nothing_to_read();
    }
#endif
    static void tell_nothing_to_read()
    {
        std::cerr << "SIGHUP: there is no certificate to read again (--tls-cert)\n";
    }

    std::optional<boost::asio::signal_set> hangup_;
};

} // namespace demo

#endif
