// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_TESTS_JWT_KEY_FILES_HPP
#define FANFARE_TESTS_JWT_KEY_FILES_HPP

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>
#include <system_error>

namespace fanfare::test {

// A file in a directory of its own, which goes with it. At first it is not there.
class key_file {
public:
    key_file() : directory_{(std::filesystem::temp_directory_path() / "fanfare_jwt_XXXXXX").string()}
    {
        if (!::mkdtemp(directory_.data()))
            throw std::runtime_error("cannot make a directory");
    }
    ~key_file()
    {
        std::error_code ignored; // the system's own cleaning comes for it
        std::filesystem::remove_all(directory_, ignored);
    }
    key_file(const key_file&) = delete;
    key_file& operator=(const key_file&) = delete;

    const std::string& directory() const { return directory_; }
    std::string path() const { return directory_ + "/jwks.json"; }

    // As a whole: who reads it sees the text before or this one.
    void write(const std::string& text) const
    {
        const auto next = path() + ".next";
        std::ofstream{next, std::ios::binary} << text;
        std::filesystem::rename(next, path());
    }

private:
    std::string directory_;
};

} // namespace fanfare::test

#endif
