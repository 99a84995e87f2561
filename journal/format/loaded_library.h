// Libraries that are loaded when they are first needed: a program that never needs one has it neither in memory nor to be there. [os: dlopen]
#pragma once

#include <dlfcn.h>

namespace journal {

/// The library stays loaded; nullptr when it is missing.
inline void* load_library(const char* soname) { return ::dlopen(soname, RTLD_NOW | RTLD_LOCAL); }

/// A function of it; nullptr when either is missing.
template <class F>
F* find_function(void* library, const char* name) {
  return library == nullptr ? nullptr : reinterpret_cast<F*>(::dlsym(library, name));
}

}  // namespace journal
