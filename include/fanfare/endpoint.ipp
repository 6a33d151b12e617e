// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_ENDPOINT_IPP
#define FANFARE_ENDPOINT_IPP

#include <fanfare/endpoint.hpp>

namespace fanfare {

FANFARE_DECL endpoint::endpoint(std::shared_ptr<detail::hub_core> hub, endpoint_options options)
    : door_{std::make_shared<const detail::gatekeeper>(std::move(hub), std::move(options))}
{}

} // namespace fanfare

#endif
