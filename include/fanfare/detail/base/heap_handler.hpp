// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_BASE_HEAP_HANDLER_HPP
#define FANFARE_DETAIL_BASE_HEAP_HANDLER_HPP

#include <cstddef>
#include <memory>

namespace fanfare::detail {

/// Allocates from the heap. Asio's default allocator recycles blocks: an operation may get a larger block than it
/// needs, and one that waits for as long as its connection lives would keep it for as long.
template <class T>
struct heap_allocator {
    using value_type = T;
    heap_allocator() = default;
    template <class U>
    heap_allocator(const heap_allocator<U>&) noexcept
    {}
    T* allocate(std::size_t n) { return std::allocator<T>{}.allocate(n); }
    void deallocate(T* p, std::size_t n) noexcept { std::allocator<T>{}.deallocate(p, n); }
    friend bool operator==(heap_allocator, heap_allocator) noexcept { return true; }
};

/// The handler of a wait that may last as long as its connection.
template <class F>
struct heap_handler : F {
    using allocator_type = heap_allocator<char>;
    allocator_type get_allocator() const noexcept { return {}; }
};
template <class F>
heap_handler(F) -> heap_handler<F>;

} // namespace fanfare::detail

#endif
