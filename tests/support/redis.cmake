# Fixtures that start real Redis servers.
add_library(tessera_fsync_shim SHARED fsync_shim.cc)
target_link_libraries(tessera_fsync_shim PRIVATE ${CMAKE_DL_LIBS})
# It is loaded into a program that is not sanitized.
target_compile_options(tessera_fsync_shim PRIVATE -fno-sanitize=all)
target_link_options(tessera_fsync_shim PRIVATE -fno-sanitize=all)

tessera_library(redis_fixtures
  SOURCES blocking_redis.cc child_process.cc free_port.cc nonsense_proxy.cc redis_cluster.cc redis_sentinel.cc redis_server.cc
          temp_folder.cc
  DEPS PkgConfig::hiredis)
target_include_directories(tessera_redis_fixtures PUBLIC ${CMAKE_SOURCE_DIR})
target_compile_definitions(tessera_redis_fixtures PRIVATE TESSERA_FSYNC_SHIM="$<TARGET_FILE:tessera_fsync_shim>")
add_dependencies(tessera_redis_fixtures tessera_fsync_shim)
