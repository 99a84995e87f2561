# The executor starts and forks often, so it is linked statically: half the time of a start would else be the dynamic
# linker's, and each fork would copy its libraries' pages. What needs shared libraries (PAM, name services other than the
# local files) is in a sibling built of the same sources, to which the static one hands such plans over.
file(GLOB executor_sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_LIST_DIR}/*.cpp)
file(GLOB executor_bare_sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_LIST_DIR}/bare/*.cpp)
file(GLOB executor_services_sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_LIST_DIR}/services/*.cpp)
find_library(SECCOMP_STATIC libseccomp.a REQUIRED)

add_library(executor_steps OBJECT ${executor_sources})
target_link_libraries(executor_steps PUBLIC house init_core image_places run_program)
target_precompile_headers(executor_steps PRIVATE <algorithm> <map> <memory> <optional> <string> <string_view> <variant>
                          <vector> <fmt/format.h> <tl/expected.hpp> ${CMAKE_SOURCE_DIR}/init/exec/spawn_plan.h)

add_executable(executor-services ${executor_services_sources})
target_link_libraries(executor-services PRIVATE executor_steps disk_image ${SECCOMP_STATIC} -static-libstdc++ -static-libgcc)
install(TARGETS executor-services RUNTIME DESTINATION lib/incipit)

if(INCIPIT_SANITIZE)  # the sanitizers' run time is a shared library
  add_executable(executor ${executor_services_sources})
  target_link_libraries(executor PRIVATE executor_steps disk_image ${SECCOMP_STATIC})
else()
  add_executable(executor ${executor_bare_sources})
  target_link_libraries(executor PRIVATE executor_steps ${SECCOMP_STATIC} -static)
endif()
add_dependencies(executor executor-services)
install(TARGETS executor RUNTIME DESTINATION lib/incipit)
