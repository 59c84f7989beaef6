//go:build tools

// The generators of stubs, so that go.sum pins them as it pins what the program is built with.
package main

import (
	_ "google.golang.org/grpc/cmd/protoc-gen-go-grpc"
	_ "google.golang.org/protobuf/cmd/protoc-gen-go"
)
