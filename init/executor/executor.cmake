# The executor: everything in it but the C library's name services is linked statically; it starts once for each process.
file(GLOB executor_sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_LIST_DIR}/*.cpp)
find_library(SECCOMP_STATIC libseccomp.a REQUIRED)
add_executable(executor ${executor_sources})
target_link_libraries(executor PRIVATE house init_core ${SECCOMP_STATIC} -static-libstdc++ -static-libgcc)
target_precompile_headers(executor PRIVATE <algorithm> <map> <memory> <optional> <string> <string_view> <variant> <vector>
                          <tl/expected.hpp>)
install(TARGETS executor RUNTIME DESTINATION lib/incipit)
