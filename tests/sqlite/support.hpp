// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_TESTS_SQLITE_SUPPORT_HPP
#define FANFARE_TESTS_SQLITE_SUPPORT_HPP

#include "store/conformance.hpp"
#include "support/eventually.hpp"

#include <fanfare/store/sqlite.hpp>

#include <boost/asio/thread_pool.hpp>

#include <csignal>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <stdexcept>
#include <string>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>
#include <vector>

namespace fanfare::test {

// A folder that is gone when the test is.
class temporary_folder {
public:
    temporary_folder()
    {
        auto name = (std::filesystem::temp_directory_path() / "fanfare-sqlite-XXXXXX").string();
        if (!::mkdtemp(name.data()))
            throw std::runtime_error{"no temporary folder"};
        path_ = name;
    }
    ~temporary_folder()
    {
        std::error_code ignored; // the system cleans up what is left
        std::filesystem::remove_all(path_, ignored);
    }
    temporary_folder(const temporary_folder&) = delete;
    temporary_folder& operator=(const temporary_folder&) = delete;

    std::string file(const std::string& name = "history.db") const { return (path_ / name).string(); }
    const std::filesystem::path& path() const { return path_; }

private:
    std::filesystem::path path_;
};

// A store on a file and the threads that it works in, as one process has them: two, though one does.
struct sqlite_process {
    explicit sqlite_process(const std::string& file, const sqlite_options& options = {})
        : store{pool, file, options}
    {}
    ~sqlite_process() { pool.join(); }

    asio::thread_pool pool{2};
    sqlite_store store;
};

// A child process that runs `work` and then ends. No other thread may run when it begins.
class child_process {
public:
    explicit child_process(const std::function<void()>& work) : id_{::fork()}
    {
        if (id_ < 0)
            throw std::runtime_error{"no child process"};
        if (id_ == 0) {
            int answer = 1;
            try {
                work();
                answer = 0;
            } catch (const std::exception& e) {
                std::fprintf(stderr, "child: %s\n", e.what());
            }
            ::_exit(answer);
        }
    }
    ~child_process()
    {
        if (id_ > 0)
            kill();
    }
    child_process(const child_process&) = delete;
    child_process& operator=(const child_process&) = delete;

    void kill()
    {
        ::kill(id_, SIGKILL);
        wait();
    }
    // Answers whether it ended well.
    bool wait()
    {
        int status = 0;
        ::waitpid(id_, &status, 0);
        id_ = -1;
        return WIFEXITED(status) && WEXITSTATUS(status) == 0;
    }

private:
    pid_t id_;
};

} // namespace fanfare::test

#endif
