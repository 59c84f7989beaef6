# Fixtures that start the services, and what stands between them and their callers.
add_library(tessera_clock_shim SHARED clock_shim.cc)
target_link_libraries(tessera_clock_shim PRIVATE ${CMAKE_DL_LIBS})
target_compile_options(tessera_clock_shim PRIVATE -fno-sanitize=all)
target_link_options(tessera_clock_shim PRIVATE -fno-sanitize=all)

tessera_library(service_fixtures
  SOURCES cut_proxy.cc http_get.cc service_process.cc
  DEPS tessera_redis_fixtures tessera_async nlohmann_json::nlohmann_json OpenSSL::Crypto)
target_compile_definitions(tessera_service_fixtures PRIVATE TESSERA_CLOCK_SHIM="$<TARGET_FILE:tessera_clock_shim>")
add_dependencies(tessera_service_fixtures tessera_clock_shim)
