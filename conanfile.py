# Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
import os
import re

from conan import ConanFile
from conan.tools.build import check_min_cppstd
from conan.tools.cmake import CMake, CMakeDeps, CMakeToolchain, cmake_layout
from conan.tools.files import copy, load

required_conan_version = ">=2.0"


class FanfareRecipe(ConanFile):
    name = "fanfare"
    description = "Real-time notification fan-out for Boost.Asio programs"
    license = "BSL-1.0"
    topics = ("websocket", "asio", "notifications", "pubsub", "real-time")
    settings = "os", "arch", "compiler", "build_type"
    options = {
        "header_only": [True, False],
        "with_redis": [True, False],
        "with_sqlite": [True, False],
        "with_ssl": [True, False],
    }
    default_options = {"header_only": True, "with_redis": True, "with_sqlite": True, "with_ssl": True}
    exports_sources = "CMakeLists.txt", "LICENSE", "cmake/*", "include/*"

    def set_version(self):
        text = load(self, os.path.join(self.recipe_folder, "include", "fanfare", "version.hpp"))
        self.version = re.search(r'FANFARE_VERSION_STRING "([^"]+)"', text).group(1)

    def configure(self):
        self.package_type = "header-library" if self.options.header_only else "static-library"

    def requirements(self):
        self.requires("boost/[>=1.81.0 <2]", transitive_headers=True)
        if self.options.with_redis:
            self.requires("hiredis/[>=1.1 <2]", transitive_headers=True)
        if self.options.with_sqlite:
            self.requires("sqlite3/[>=3.24 <4]", transitive_headers=True)
        if self.options.with_ssl:
            self.requires("openssl/[>=1.1 <4]", transitive_headers=True)

    def validate(self):
        check_min_cppstd(self, 20)

    def layout(self):
        cmake_layout(self)

    def package_id(self):
        if self.info.options.header_only:
            self.info.clear()

    def generate(self):
        CMakeDeps(self).generate()
        toolchain = CMakeToolchain(self)
        for option in ("TESTS", "EXAMPLES", "BENCHMARKS"):
            toolchain.cache_variables[f"FANFARE_BUILD_{option}"] = False
        toolchain.cache_variables["FANFARE_WITH_REDIS"] = bool(self.options.with_redis)
        toolchain.cache_variables["FANFARE_WITH_SQLITE"] = bool(self.options.with_sqlite)
        toolchain.cache_variables["FANFARE_WITH_SSL"] = bool(self.options.with_ssl)
        toolchain.generate()

    def build(self):
        if not self.options.header_only:
            cmake = CMake(self)
            cmake.configure()
            cmake.build()

    def package(self):
        copy(self, "LICENSE", self.source_folder, os.path.join(self.package_folder, "licenses"))
        copy(self, "*", os.path.join(self.source_folder, "include"), os.path.join(self.package_folder, "include"))
        copy(self, "*.a", self.build_folder, os.path.join(self.package_folder, "lib"), keep_path=False)
        copy(self, "*.lib", self.build_folder, os.path.join(self.package_folder, "lib"), keep_path=False)

    def package_info(self):
        self.cpp_info.set_property("cmake_file_name", "fanfare")
        headers = self.cpp_info.components["fanfare"]
        headers.set_property("cmake_target_name", "fanfare::fanfare")
        headers.requires = ["boost::headers", "boost::json", "boost::url"]
        if self.options.with_redis:
            headers.requires.append("hiredis::hiredis")
            headers.defines.append("FANFARE_WITH_REDIS")
        if self.options.with_sqlite:
            headers.requires.append("sqlite3::sqlite3")
            headers.defines.append("FANFARE_WITH_SQLITE")
        if self.options.with_ssl:
            headers.requires.append("openssl::ssl")
            headers.defines.append("FANFARE_WITH_SSL")
        headers.libdirs = []
        headers.bindirs = []
        if self.settings.os in ("Linux", "FreeBSD"):
            headers.system_libs = ["pthread"]
        if not self.options.header_only:
            compiled = self.cpp_info.components["compiled"]
            compiled.set_property("cmake_target_name", "fanfare::compiled")
            compiled.requires = ["fanfare"]
            compiled.libs = ["fanfare"]
            compiled.defines = ["FANFARE_SEPARATE_COMPILATION"]
