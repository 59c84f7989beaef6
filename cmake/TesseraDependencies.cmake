# Every package that the build needs, by the name of its Debian package. ARCHITECTURE.md gives the reason for each.

set(THREADS_PREFER_PTHREAD_FLAG ON)
find_package(Threads REQUIRED)
find_package(PkgConfig REQUIRED)
find_package(Protobuf REQUIRED)                                        # libprotobuf-dev, protobuf-compiler
find_package(gRPC CONFIG REQUIRED)                                     # libgrpc++-dev, protobuf-compiler-grpc
find_package(absl CONFIG REQUIRED)                                     # libabsl-dev
find_package(OpenSSL REQUIRED)                                         # libssl-dev
find_package(fmt CONFIG REQUIRED)                                      # libfmt-dev
find_package(spdlog CONFIG REQUIRED)                                   # libspdlog-dev
find_package(yaml-cpp CONFIG REQUIRED)                                 # libyaml-cpp-dev
find_package(CLI11 CONFIG REQUIRED)                                    # libcli11-dev
find_package(nlohmann_json CONFIG REQUIRED)                            # nlohmann-json3-dev
if(NOT TESSERA_ONLY_SERVICES)
  find_package(GTest CONFIG REQUIRED)                                  # libgtest-dev, libgmock-dev
endif()
find_package(prometheus-cpp CONFIG REQUIRED)                           # prometheus-cpp-dev
find_path(CIVETWEB_INCLUDE_DIR civetweb.h REQUIRED)                    # libcivetweb-dev
find_library(CIVETWEB_LIBRARY civetweb REQUIRED)
pkg_check_modules(hiredis REQUIRED IMPORTED_TARGET hiredis)            # libhiredis-dev: its CMake file is broken in Debian
find_path(ASIO_INCLUDE_DIR asio.hpp REQUIRED)                          # libasio-dev

add_library(tessera_asio INTERFACE)
target_include_directories(tessera_asio SYSTEM INTERFACE ${ASIO_INCLUDE_DIR})
target_compile_definitions(tessera_asio INTERFACE ASIO_STANDALONE ASIO_NO_DEPRECATED ASIO_SEPARATE_COMPILATION)
target_link_libraries(tessera_asio INTERFACE Threads::Threads)
