tessera_program(code_bench
  SOURCES code_bench.cc
  DEPS tessera_crypto)
