// Workers of a page that run networks together.
#pragma once

namespace mnv2 {

// How many have arrived.
int crew_size();

// What one does as long as it lives.
[[noreturn]] void serve_crew();

}  // namespace mnv2
