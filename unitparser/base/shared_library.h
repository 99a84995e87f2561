// Functions of a library that is loaded when it is needed. [os: dlsym]
#pragma once

#include <dlfcn.h>

namespace unitparser {

/// Looks a function up in what dlopen(3) gave; false where the library has none of that name.
template <class F>
bool find_symbol(void* library, const char* name, F& function) {
  function = reinterpret_cast<F>(::dlsym(library, name));
  return function != nullptr;
}

}  // namespace unitparser
