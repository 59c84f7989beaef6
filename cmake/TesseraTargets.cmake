# One helper per kind of target, so that every room is declared in the same three lines.

set(TESSERA_SANITIZE "" CACHE STRING "Sanitizers to build with, as -fsanitize takes them; empty for none")

add_library(tessera_flags INTERFACE)
target_compile_options(tessera_flags INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wnon-virtual-dtor -Werror=switch -Werror=return-type -Wno-missing-field-initializers)
target_include_directories(tessera_flags INTERFACE ${CMAKE_SOURCE_DIR}/lib)
if(TESSERA_SANITIZE)
  # Lines, and no variables, in the debug information; no checks of null and of alignment, where the one traps anyway and the other
  # cannot happen without a cast. Both together take a third off the compile time of a coroutine (23 s to 14.5 s).
  add_compile_options(-fsanitize=${TESSERA_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=undefined
    -g1 -fno-sanitize=null,alignment)
  add_link_options(-fsanitize=${TESSERA_SANITIZE})
endif()
find_program(TESSERA_MOLD mold)
if(TESSERA_MOLD)
  add_link_options(-fuse-ld=mold)
endif()

# tessera_library(NAME SOURCES ... [DEPS ...]): the library tessera_NAME.
function(tessera_library name)
  cmake_parse_arguments(arg "" "" "SOURCES;DEPS" ${ARGN})
  add_library(tessera_${name} STATIC ${arg_SOURCES})
  target_link_libraries(tessera_${name} PUBLIC tessera_flags ${arg_DEPS})
endfunction()

# tessera_program(NAME SOURCES ... [DEPS ...]): an executable in <build>/bin.
function(tessera_program name)
  cmake_parse_arguments(arg "" "" "SOURCES;DEPS" ${ARGN})
  add_executable(${name} ${arg_SOURCES})
  target_link_libraries(${name} PRIVATE tessera_flags ${arg_DEPS})
  set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/bin)
endfunction()

# tessera_test(NAME SOURCES ... [DEPS ...] [LABEL unit|contract|integration|e2e|model] [TIMEOUT seconds] [SHARDS n] [TSAN]): one
# GoogleTest program, run as one ctest test, or as n that share its cases and can run beside each other. A missing server or tool
# fails it; nothing is skipped.
#
# TSAN: the program is built by `tsan_tests` as well. A build that is told where the tsan build lies (TESSERA_TSAN_DIR) also
# runs that one's program, as tsan_NAME: so one ctest run counts both.
set(TESSERA_TSAN_DIR "" CACHE PATH "Build folder of the tsan preset, whose programs are to be run as well; empty for none")
option(TESSERA_FULL "Time for the full counts: every time-out is 20 times as long" OFF)
add_custom_target(tsan_tests)

function(tessera_test name)
  cmake_parse_arguments(arg "TSAN" "LABEL;TIMEOUT;SHARDS" "SOURCES;DEPS" ${ARGN})
  if(NOT arg_LABEL)
    set(arg_LABEL unit)
  endif()
  if(NOT arg_TIMEOUT)
    set(arg_TIMEOUT 120)
  endif()
  if(TESSERA_FULL)
    math(EXPR arg_TIMEOUT "${arg_TIMEOUT} * 20")
  endif()
  tessera_program(${name} SOURCES ${arg_SOURCES} DEPS ${arg_DEPS} GTest::gmock GTest::gtest_main)
  target_include_directories(${name} PRIVATE ${CMAKE_SOURCE_DIR} ${CMAKE_SOURCE_DIR}/tests)
  set(environment "TESSERA_BIN_DIR=${CMAKE_BINARY_DIR}/bin;ASAN_OPTIONS=detect_leaks=1;UBSAN_OPTIONS=print_stacktrace=1;TSAN_OPTIONS=ignore_noninstrumented_modules=1")
  if(NOT arg_SHARDS)
    add_test(NAME ${name} COMMAND ${name} WORKING_DIRECTORY ${CMAKE_SOURCE_DIR})
    set(tests ${name})
  else()
    foreach(shard RANGE 1 ${arg_SHARDS})
      math(EXPR index "${shard} - 1")
      add_test(NAME ${name}_${shard} COMMAND ${CMAKE_COMMAND} -E env GTEST_TOTAL_SHARDS=${arg_SHARDS} GTEST_SHARD_INDEX=${index}
        GTEST_OUTPUT=xml:${CMAKE_BINARY_DIR}/results/${name}_${shard}.xml $<TARGET_FILE:${name}> WORKING_DIRECTORY ${CMAKE_SOURCE_DIR})
      list(APPEND tests ${name}_${shard})
    endforeach()
  endif()
  if(arg_TSAN)
    add_dependencies(tsan_tests ${name})
    if(TESSERA_TSAN_DIR)
      add_test(NAME tsan_${name} COMMAND ${TESSERA_TSAN_DIR}/bin/${name} WORKING_DIRECTORY ${CMAKE_SOURCE_DIR})
      list(APPEND tests tsan_${name})
    endif()
  endif()
  # What loads the machine, or holds it to times, runs alone under ctest -j. The contract mostly waits for instants to come.
  set(alone FALSE)
  if(arg_LABEL MATCHES "integration|e2e")
    set(alone TRUE)
  endif()
  set_tests_properties(${tests} PROPERTIES LABELS ${arg_LABEL} TIMEOUT ${arg_TIMEOUT} RUN_SERIAL ${alone}
    ENVIRONMENT "${environment}")
endfunction()
