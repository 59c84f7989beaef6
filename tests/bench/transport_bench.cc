// Which of gRPC's two asynchronous APIs serves a no-op RPC with less CPU on this library version: the
// callback API or completion queues, and with how many threads. Both take raw bytes and make the one hop to
// the event loop that every real call makes. It decided what lib/server/grpc_server.cc is built on; run it
// again when gRPC changes.
//
//   transport_bench [rounds] [seconds]
//
// The server runs in a process of its own, the modes are interleaved, and the median and the range are
// printed.

#include <fcntl.h>
#include <grpcpp/ext/proto_server_reflection_plugin.h>
#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/grpcpp.h>
#include <grpcpp/impl/codegen/server_callback_handlers.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <asio/executor_work_guard.hpp>
#include <asio/io_context.hpp>
#include <asio/post.hpp>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <memory>
#include <string>
#include <thread>
#include <vector>

namespace {

constexpr char kMethod[] = "/bench.Echo/Call";
using Bytes = grpc::ByteBuffer;

enum class Hop { kNone, kPost, kInbox };

// ---- completion queues ----

class CqService final : public grpc::Service {
 public:
  CqService() {
    AddMethod(new grpc::internal::RpcServiceMethod(kMethod, grpc::internal::RpcMethod::NORMAL_RPC, nullptr));
    MarkMethodRaw(0);
  }
  void Request(grpc::ServerContext* context, Bytes* request, grpc::ServerAsyncResponseWriter<Bytes>* writer,
               grpc::ServerCompletionQueue* cq, void* tag) {
    RequestAsyncUnary(0, context, request, writer, cq, cq, tag);
  }
};

struct Inbox;

struct CqCall {
  CqCall(CqService* to, grpc::ServerCompletionQueue* on) : service(to), cq(on), writer(&context) {
    service->Request(&context, &request, &writer, cq, this);
  }
  CqService* service;
  grpc::ServerCompletionQueue* cq;
  grpc::ServerContext context;
  Bytes request;
  grpc::ServerAsyncResponseWriter<Bytes> writer;
  bool arrived = false;
  CqCall* next = nullptr;
};

// Hands calls to the loop; the loop is woken only when it had none waiting.
struct Inbox {
  void Push(CqCall* call) {
    call->next = head.load(std::memory_order_relaxed);
    while (!head.compare_exchange_weak(call->next, call, std::memory_order_acq_rel)) {
    }
    if (call->next == nullptr) asio::post(*loop, [this] { Drain(); });
  }
  void Drain() {
    CqCall* newest = head.exchange(nullptr, std::memory_order_acquire);
    CqCall* oldest = nullptr;
    while (newest != nullptr) {
      CqCall* after = newest->next;
      newest->next = oldest;
      oldest = newest;
      newest = after;
    }
    while (oldest != nullptr) {
      CqCall* call = oldest;
      oldest = oldest->next;
      call->writer.Finish(call->request, grpc::Status::OK, call);
    }
  }
  asio::io_context* loop;
  std::atomic<CqCall*> head{nullptr};
};

void ServeCq(CqService* service, grpc::ServerCompletionQueue* cq, Hop hop, Inbox* inbox) {
  void* tag = nullptr;
  bool ok = false;
  while (cq->Next(&tag, &ok)) {
    auto* call = static_cast<CqCall*>(tag);
    if (!ok || call->arrived) {
      delete call;
      continue;
    }
    call->arrived = true;
    new CqCall(service, cq);
    if (hop == Hop::kNone) {
      call->writer.Finish(call->request, grpc::Status::OK, call);
    } else if (hop == Hop::kInbox) {
      inbox->Push(call);
    } else {
      asio::post(*inbox->loop, [call] { call->writer.Finish(call->request, grpc::Status::OK, call); });
    }
  }
}

// ---- callbacks ----

class CallbackService final : public grpc::Service {
 public:
  explicit CallbackService(asio::io_context* loop) {
    AddMethod(new grpc::internal::RpcServiceMethod(kMethod, grpc::internal::RpcMethod::NORMAL_RPC, nullptr));
    MarkMethodRawCallback(
        0, new grpc::internal::CallbackUnaryHandler<Bytes, Bytes>(
               [loop](grpc::CallbackServerContext* context, const Bytes* request, Bytes* response) {
                 auto* reactor = context->DefaultReactor();
                 auto finish = [reactor, request, response] {
                   *response = *request;
                   reactor->Finish(grpc::Status::OK);
                 };
                 if (loop == nullptr) {
                   finish();
                 } else {
                   asio::post(*loop, finish);
                 }
                 return reactor;
               }));
  }
};

struct Mode {
  const char* name;
  bool callback;
  int queues;
  int threads_per_queue;
  Hop hop;
  bool reflection;
};

[[noreturn]] void RunServer(const Mode& mode, int port_pipe) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  asio::io_context loop(1);
  auto work = asio::make_work_guard(loop);
  Inbox inbox{&loop};
  if (mode.reflection) grpc::reflection::InitProtoReflectionServerBuilderPlugin();
  grpc::ServerBuilder builder;
  int port = 0;
  builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port);
  builder.SetSyncServerOption(grpc::ServerBuilder::NUM_CQS, 1);
  builder.SetSyncServerOption(grpc::ServerBuilder::MIN_POLLERS, 1);
  builder.SetSyncServerOption(grpc::ServerBuilder::MAX_POLLERS, 1);
  CqService cq_service;
  CallbackService callback_service(mode.hop == Hop::kNone ? nullptr : &loop);
  std::vector<std::unique_ptr<grpc::ServerCompletionQueue>> queues;
  if (mode.callback) {
    builder.RegisterService(&callback_service);
  } else {
    builder.RegisterService(&cq_service);
    for (int i = 0; i < mode.queues; ++i) queues.push_back(builder.AddCompletionQueue());
  }
  auto server = builder.BuildAndStart();
  std::vector<std::thread> threads;
  for (auto& cq : queues) {
    for (int i = 0; i < 128; ++i) new CqCall(&cq_service, cq.get());
    for (int i = 0; i < mode.threads_per_queue; ++i) {
      threads.emplace_back(
          [&cq_service, &cq, &inbox, &mode] { ServeCq(&cq_service, cq.get(), mode.hop, &inbox); });
    }
  }
  if (write(port_pipe, &port, sizeof port) != sizeof port) _exit(1);
  loop.run();
  _exit(0);
}

// ---- client ----

struct ClientCall {
  std::unique_ptr<grpc::ClientContext> context;
  std::unique_ptr<grpc::GenericClientAsyncResponseReader> reader;
  grpc::GenericStub* stub;
  Bytes response;
  grpc::Status status;
};

void Begin(ClientCall* call, const Bytes& request, grpc::CompletionQueue* cq) {
  call->context = std::make_unique<grpc::ClientContext>();
  call->context->set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(10));
  call->reader = call->stub->PrepareUnaryCall(call->context.get(), kMethod, request, cq);
  call->reader->StartCall();
  call->reader->Finish(&call->response, &call->status, call);
}

// CPU time of the whole process, from the scheduler's own nanoseconds.
double CpuSeconds(pid_t pid) {
  clockid_t clock;
  if (clock_getcpuclockid(pid, &clock) != 0) return 0;
  timespec spent{};
  clock_gettime(clock, &spent);
  return static_cast<double>(spent.tv_sec) + static_cast<double>(spent.tv_nsec) * 1e-9;
}

struct Sample {
  double calls_per_second;
  double server_us_per_call;
};

[[noreturn]] void RunClient(int port, pid_t server, int connections, double seconds, int out) {
  std::vector<std::unique_ptr<grpc::GenericStub>> stubs;
  for (int i = 0; i < connections; ++i) {
    grpc::ChannelArguments arguments;
    arguments.SetInt("bench.connection", i);
    arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
    stubs.push_back(std::make_unique<grpc::GenericStub>(grpc::CreateCustomChannel(
        "127.0.0.1:" + std::to_string(port), grpc::InsecureChannelCredentials(), arguments)));
  }
  const grpc::Slice body(std::string(100, 'x'));
  const Bytes request(&body, 1);
  grpc::CompletionQueue cq;
  std::vector<ClientCall> calls(64);
  for (size_t i = 0; i < calls.size(); ++i) {
    calls[i].stub = stubs[i % stubs.size()].get();
    Begin(&calls[i], request, &cq);
  }
  using Clock = std::chrono::steady_clock;
  const auto warm = Clock::now() + std::chrono::milliseconds(500);
  int64_t done = 0;
  bool measuring = false;
  double cpu_before = 0;
  Clock::time_point begin{};
  void* tag = nullptr;
  bool ok = false;
  while (cq.Next(&tag, &ok)) {
    auto* call = static_cast<ClientCall*>(tag);
    if (!call->status.ok()) {
      std::fprintf(stderr, "call failed: %s\n", call->status.error_message().c_str());
      _exit(1);
    }
    ++done;
    Begin(call, request, &cq);
    if (done % 64 != 0) continue;
    const auto now = Clock::now();
    if (!measuring && now >= warm) {
      measuring = true;
      done = 0;
      begin = now;
      cpu_before = CpuSeconds(server);
    } else if (measuring && now - begin >= std::chrono::duration<double>(seconds)) {
      const double took = std::chrono::duration<double>(now - begin).count();
      const Sample sample{static_cast<double>(done) / took,
                          (CpuSeconds(server) - cpu_before) * 1e6 / static_cast<double>(done)};
      _exit(write(out, &sample, sizeof sample) == sizeof sample ? 0 : 1);
    }
  }
  _exit(1);
}

// One server and one client, each in its own process: gRPC does not survive a fork after it was used.
Sample Measure(const Mode& mode, int connections, double seconds) {
  int port_pipe[2];
  int result_pipe[2];
  if (pipe(port_pipe) != 0 || pipe(result_pipe) != 0) std::abort();
  const pid_t server = fork();
  if (server == 0) RunServer(mode, port_pipe[1]);
  int port = 0;
  if (read(port_pipe[0], &port, sizeof port) != sizeof port) std::abort();
  const pid_t client = fork();
  if (client == 0) RunClient(port, server, connections, seconds, result_pipe[1]);
  close(result_pipe[1]);
  Sample sample{};
  if (read(result_pipe[0], &sample, sizeof sample) != sizeof sample) std::abort();
  waitpid(client, nullptr, 0);
  kill(server, SIGKILL);
  waitpid(server, nullptr, 0);
  close(port_pipe[0]);
  close(port_pipe[1]);
  close(result_pipe[0]);
  return sample;
}

double Median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

}  // namespace

int main(int argc, char** argv) {
  const int rounds = argc > 1 ? std::atoi(argv[1]) : 5;
  const double seconds = argc > 2 ? std::atof(argv[2]) : 2.0;
  const std::vector<Mode> modes = {
      {"callback (2 threads), posted", true, 0, 0, Hop::kPost, false},
      {"queue, 1 thread, posted", false, 1, 1, Hop::kPost, false},
      {"queue, 1 thread, inbox", false, 1, 1, Hop::kInbox, false},
      {"queue, 1 thread, inbox, sync reflection", false, 1, 1, Hop::kInbox, true},
      {"queue, 2 threads, inbox", false, 1, 2, Hop::kInbox, false},
      {"2 queues, 1 thread each, inbox", false, 2, 1, Hop::kInbox, false},
      {"callback (2 threads), no hop", true, 0, 0, Hop::kNone, false},
      {"queue, 1 thread, no hop", false, 1, 1, Hop::kNone, false},
  };
  for (const int connections : {8, 64}) {
    std::vector<std::vector<double>> rates(modes.size());
    std::vector<std::vector<double>> costs(modes.size());
    for (int round = 0; round < rounds; ++round) {
      for (size_t i = 0; i < modes.size(); ++i) {
        const Sample sample = Measure(modes[i], connections, seconds);
        rates[i].push_back(sample.calls_per_second);
        costs[i].push_back(sample.server_us_per_call);
      }
    }
    std::printf("64 in flight on %d connections, %d rounds of %.1f s\n", connections, rounds, seconds);
    std::printf("%-40s %10s %21s %8s %17s\n", "", "calls/s", "range", "us/call", "range");
    for (size_t i = 0; i < modes.size(); ++i) {
      const auto [slow, fast] = std::minmax_element(rates[i].begin(), rates[i].end());
      const auto [cheap, dear] = std::minmax_element(costs[i].begin(), costs[i].end());
      std::printf("%-40s %10.0f %10.0f-%10.0f %8.1f %8.1f-%8.1f\n", modes[i].name, Median(rates[i]), *slow,
                  *fast, Median(costs[i]), *cheap, *dear);
    }
    std::fflush(stdout);
  }
}
