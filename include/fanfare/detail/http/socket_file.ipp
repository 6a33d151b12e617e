// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_HTTP_SOCKET_FILE_IPP
#define FANFARE_DETAIL_HTTP_SOCKET_FILE_IPP

#include <fanfare/detail/http/socket_file.hpp>

#include <boost/asio/error.hpp>
#include <boost/asio/local/stream_protocol.hpp>

#include <filesystem>

#include <sys/stat.h>
#include <unistd.h>

namespace fanfare::detail {

FANFARE_DECL std::optional<file_identity> socket_file_at(const std::string& path) noexcept
{
    struct stat found {};
    if (::lstat(path.c_str(), &found) != 0 || !S_ISSOCK(found.st_mode))
        return std::nullopt;
    return file_identity{found.st_dev, found.st_ino};
}

FANFARE_DECL bool remove_stale_socket_file(const std::string& path, const asio::any_io_executor& executor)
{
    using unix_socket = asio::local::stream_protocol;
    const auto found = socket_file_at(path);
    if (!found)
        return false;
    unix_socket::socket probe{executor};
    error_code ec;
    probe.open(unix_socket{}, ec);
    if (!ec)
        probe.non_blocking(true, ec); // or it would wait for whoever listens and does not accept
    if (!ec)
        probe.connect(unix_socket::endpoint{path}, ec);
    // Any other error may come from somebody who listens: his queue is full, or it is not for this user.
    return ec == asio::error::connection_refused && socket_file_at(path) == found && ::unlink(path.c_str()) == 0;
}

FANFARE_DECL socket_file::socket_file(const std::string& path)
    : path_{std::filesystem::absolute(path).string()}, bound_{socket_file_at(path_)}
{}

FANFARE_DECL socket_file::socket_file(socket_file&& other) noexcept
    : path_{std::move(other.path_)}, bound_{std::exchange(other.bound_, std::nullopt)}
{}

FANFARE_DECL socket_file& socket_file::operator=(socket_file&& other) noexcept
{
    std::swap(path_, other.path_);
    std::swap(bound_, other.bound_);
    return *this;
}

FANFARE_DECL socket_file::~socket_file()
{
    if (bound_ && socket_file_at(path_) == bound_)
        static_cast<void>(
            ::unlink(path_.c_str())); // where that is not allowed any more, the next start replaces it
}

} // namespace fanfare::detail

#endif
