// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_TESTS_TLS_CERTIFICATES_HPP
#define FANFARE_TESTS_TLS_CERTIFICATES_HPP

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

namespace fanfare::test {

// An authority of its own and certificates that it has signed, as files in a new directory, which goes with it.
class test_authority {
public:
    test_authority();
    ~test_authority();
    test_authority(const test_authority&) = delete;
    test_authority& operator=(const test_authority&) = delete;

    struct files {
        std::string chain;
        std::string key;
    };
    // Writes NAME.pem and NAME.key for a subject with this common name and these names of type DNS. A pair of that name is
    // written over.
    files issue(const std::string& name, const std::string& common_name, const std::vector<std::string>& dns_names,
                bool rsa = false);
    // The authority's own certificate.
    std::string ca_file() const { return (directory_ / "ca.pem").string(); }
    const std::filesystem::path& directory() const { return directory_; }

private:
    struct state;
    std::filesystem::path directory_;
    std::unique_ptr<state> state_;
};

} // namespace fanfare::test

#endif
