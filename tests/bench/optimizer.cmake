tessera_program(optimizer_bench
  SOURCES optimizer_bench.cc
  DEPS tessera_core)
target_include_directories(optimizer_bench PRIVATE ${CMAKE_SOURCE_DIR})
