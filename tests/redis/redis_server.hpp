// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_TESTS_REDIS_REDIS_SERVER_HPP
#define FANFARE_TESTS_REDIS_REDIS_SERVER_HPP

#include <arpa/inet.h>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <netinet/in.h>
#include <poll.h>
#include <random>
#include <stdexcept>
#include <string>
#include <string_view>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>
#include <utility>
#include <vector>

namespace fanfare::test {

// A folder of its own under the system's temporary one, gone at the end.
class temporary_folder {
public:
    temporary_folder()
    {
        auto pattern = (std::filesystem::temp_directory_path() / "fanfare-redis-XXXXXX").string();
        if (!::mkdtemp(pattern.data()))
            throw std::runtime_error("mkdtemp: " + std::string{std::strerror(errno)});
        path_ = pattern;
    }
    ~temporary_folder()
    {
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }
    temporary_folder(const temporary_folder&) = delete;
    temporary_folder& operator=(const temporary_folder&) = delete;
    std::string operator/(std::string_view name) const { return path_ + '/' + std::string{name}; }
    const std::string& path() const { return path_; }

private:
    std::string path_;
};

// A port of 127.0.0.1 that nobody listens on. Others are not given it as long as this lives, also while a server that
// listens there (with SO_REUSEADDR, as Redis does) is away.
class reserved_port {
public:
    reserved_port()
    {
        std::random_device random;
        for (int attempt = 0; attempt != 1000; ++attempt)
            if (take(static_cast<std::uint16_t>(20'000 + random() % 6'000))) // not what the system gives by itself
                return;
        throw std::runtime_error("no free port");
    }
    ~reserved_port() { ::close(socket_); }
    reserved_port(const reserved_port&) = delete;
    reserved_port& operator=(const reserved_port&) = delete;
    std::uint16_t number() const { return number_; }

private:
    bool take(std::uint16_t number)
    {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        address.sin_port = htons(number);
        const int one = 1;
        socket_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        number_ = number;
        // Not shared with other reservations: they are bound before they say that they share.
        if (socket_ >= 0 && ::bind(socket_, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0 &&
            ::setsockopt(socket_, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one) == 0)
            return true;
        ::close(std::exchange(socket_, -1));
        return false;
    }

    int socket_ = -1;
    std::uint16_t number_ = 0;
};

// A redis-server of its own on a free loopback port, with nothing kept on disk. Ends with the object, by its own pid.
class redis_server {
public:
    // `arguments` as on its command line: {"--requirepass", "secret"}.
    explicit redis_server(std::vector<std::string> arguments = {}, bool started = true)
        : arguments_{std::move(arguments)}
    {
        if (started)
            start();
    }
    ~redis_server() { kill_hard(); }
    redis_server(const redis_server&) = delete;
    redis_server& operator=(const redis_server&) = delete;

    std::uint16_t port() const { return port_.number(); }
    std::string url() const { return "redis://127.0.0.1:" + std::to_string(port()); }
    const temporary_folder& folder() const { return folder_; }
    // The path of its Unix socket, if it was started with "--unixsocket" and this.
    std::string unix_path() const { return folder_ / "redis.sock"; }

    // Starts it, again on the same port, and waits until it answers.
    void start()
    {
        spawn();
        if (wait_until_up())
            return;
        kill_hard();
        throw std::runtime_error("redis-server does not start: " + log());
    }
    // kill -9, and waits for its end.
    void kill_hard()
    {
        if (pid_ < 0)
            return;
        ::kill(pid_, SIGKILL);
        int status = 0;
        while (::waitpid(pid_, &status, 0) < 0 && errno == EINTR)
            ;
        pid_ = -1;
    }
    void restart()
    {
        kill_hard();
        start();
    }
    // Frozen, not dead: the kernel still takes connections and bytes for it.
    void freeze() { ::kill(pid_, SIGSTOP); }
    void thaw() { ::kill(pid_, SIGCONT); }

    // One command over a connection of its own, for set-up and for looking: {"CONFIG", "SET", "requirepass", "x"}.
    // The raw reply: all of a status, error, integer or bulk string; "" if it did not answer within the time.
    std::string command(const std::vector<std::string>& words, std::string_view password = {}) const
    {
        std::string out;
        if (!password.empty())
            out += encode({"AUTH", std::string{password}});
        out += encode(words);
        return talk(out, password.empty() ? 1 : 2);
    }

    std::string log() const
    {
        std::ifstream file{folder_ / "log"};
        return {std::istreambuf_iterator<char>{file}, {}};
    }

private:
    static constexpr std::chrono::seconds patience_{20};

    static std::string encode(const std::vector<std::string>& words)
    {
        std::string out = '*' + std::to_string(words.size()) + "\r\n";
        for (const auto& w : words)
            out += '$' + std::to_string(w.size()) + "\r\n" + w + "\r\n";
        return out;
    }

    void spawn()
    {
        std::vector<std::string> all{
            "redis-server", "--port",    std::to_string(port()), "--bind",      "127.0.0.1",
            "--save",       "",          "--appendonly",         "no",          "--dir",
            folder_.path(), "--logfile", folder_ / "log",        "--daemonize", "no"};
        all.insert(all.end(), arguments_.begin(), arguments_.end());
        std::vector<char*> argv;
        for (auto& a : all)
            argv.push_back(a.data());
        argv.push_back(nullptr);
        std::filesystem::remove(folder_ / "log");
        pid_ = ::fork();
        if (pid_ < 0)
            throw std::runtime_error("fork: " + std::string{std::strerror(errno)});
        if (pid_ == 0) {                        // only what is safe after fork in a program with threads
            ::prctl(PR_SET_PDEATHSIG, SIGKILL); // a test that is killed leaves no server behind
            const int null = ::open("/dev/null", O_RDWR);
            ::dup2(null, 0);
            ::dup2(null, 1);
            ::dup2(null, 2);
            ::execvp(argv[0], argv.data());
            ::_exit(127);
        }
    }

    // False if it has ended, or its time is up. Any reply means up: -NOAUTH too.
    bool wait_until_up()
    {
        const auto deadline = std::chrono::steady_clock::now() + patience_;
        while (std::chrono::steady_clock::now() < deadline) {
            int status = 0;
            if (::waitpid(pid_, &status, WNOHANG) == pid_) {
                pid_ = -1;
                return false;
            }
            const auto answer = talk(encode({"PING"}), 1);
            if (answer.starts_with('+') || answer.starts_with("-NOAUTH"))
                return true;
            std::this_thread::sleep_for(std::chrono::milliseconds{5});
        }
        return false;
    }

    // Whether `text` begins with that many whole replies that are no arrays; `last` is where the last one begins.
    static bool complete(const std::string& text, int replies, std::size_t& last)
    {
        std::size_t at = 0;
        for (; replies != 0; --replies) {
            last = at;
            const auto line = text.find("\r\n", at);
            if (line == std::string::npos)
                return false;
            at = line + 2;
            if (text[last] == '$') {
                const long size = std::strtol(text.c_str() + last + 1, nullptr, 10);
                at += size < 0 ? 0 : static_cast<std::size_t>(size) + 2;
            }
            if (text.size() < at)
                return false;
        }
        return true;
    }

    std::string talk(const std::string& bytes, int replies) const
    {
        const int s = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        address.sin_port = htons(port());
        std::string got;
        std::size_t last = 0;
        if (::connect(s, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0 &&
            ::send(s, bytes.data(), bytes.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(bytes.size())) {
            char buffer[4096];
            pollfd one{s, POLLIN, 0};
            while (!complete(got, replies, last) && ::poll(&one, 1, 5000) == 1) {
                const auto n = ::recv(s, buffer, sizeof buffer, 0);
                if (n <= 0)
                    break;
                got.append(buffer, static_cast<std::size_t>(n));
            }
        }
        ::close(s);
        return got.size() > last ? got.substr(last) : std::string{};
    }

    temporary_folder folder_;
    std::vector<std::string> arguments_;
    reserved_port port_;
    pid_t pid_ = -1;
};

} // namespace fanfare::test

#endif
