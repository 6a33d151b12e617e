// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_HTTP_SOCKET_FILE_HPP
#define FANFARE_DETAIL_HTTP_SOCKET_FILE_HPP

#include <fanfare/config.hpp>

#include <boost/asio/any_io_executor.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <utility>

namespace fanfare::detail {

/// Device and inode: what tells that a path still names the same file.
using file_identity = std::pair<std::uintmax_t, std::uintmax_t>;

/// The socket's file at this path; nothing if there is none, or something else, such as a link to one.
std::optional<file_identity> socket_file_at(const std::string& path) noexcept;

/// Removes the socket's file at this path if nobody listens on it, as a process leaves it that was killed. Whether it
/// has done so. `executor` is that of the socket which it tries with; nothing runs there.
bool remove_stale_socket_file(const std::string& path, const asio::any_io_executor& executor);

/// The file of a Unix socket that has been bound; it is removed with this object, if the path still names it. Default
/// constructed: none.
class socket_file {
public:
    socket_file() = default;
    explicit socket_file(const std::string& path);
    socket_file(socket_file&& other) noexcept;
    socket_file& operator=(socket_file&& other) noexcept;
    ~socket_file();

private:
    std::string path_; // absolute: the process may go to another folder
    std::optional<file_identity> bound_;
};

} // namespace fanfare::detail

#if defined(FANFARE_HEADER_ONLY)
#include <fanfare/detail/http/socket_file.ipp>
#endif

#endif
