tessera_program(transport_bench SOURCES transport_bench.cc DEPS tessera_async tessera_asio gRPC::grpc++ gRPC::grpc++_reflection)
