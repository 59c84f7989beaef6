#include "tools/load/generator.h"

#include <grpcpp/client_context.h>
#include <grpcpp/completion_queue.h>
#include <grpcpp/create_channel.h>
#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/security/credentials.h>
#include <sys/prctl.h>
#include <time.h>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <thread>

#include "tools/load/refusal.h"

namespace tessera::load {
namespace {

using Clock = std::chrono::steady_clock;

// So long the connections of one address may take.
constexpr std::chrono::seconds kConnectTime{5};

// One call in flight. Slots are made once and used again and again, so a call allocates only what gRPC itself
// does.
struct Slot {
  std::optional<grpc::ClientContext> context;
  std::unique_ptr<grpc::GenericClientAsyncResponseReader> reader;
  grpc::GenericStub* stub = nullptr;
  grpc::ByteBuffer request;
  grpc::ByteBuffer response;
  grpc::Status status;
  uint64_t index = 0;
  bool counted = false;
  Clock::time_point intended;
};

double ProcessCpuSeconds() {
  timespec spent{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &spent);
  return static_cast<double>(spent.tv_sec) + static_cast<double>(spent.tv_nsec) * 1e-9;
}

class Run {
 public:
  Run(const Channels& channels, Traffic& traffic, const LoadPlan& plan, uint64_t first_index,
      const std::function<bool()>& stop)
      : traffic_(traffic),
        plan_(plan),
        stop_(stop),
        next_index_(first_index),
        slots_(static_cast<size_t>(plan.in_flight)) {
    for (const auto& channel : channels) stubs_.push_back(std::make_unique<grpc::GenericStub>(channel));
    for (size_t i = 0; i < slots_.size(); ++i) slots_[i].stub = stubs_[i % stubs_.size()].get();
    if (!plan.token.empty()) bearer_ = "Bearer " + plan.token;
  }

  LoadResult Go() {
    start_ = Clock::now();
    counting_from_ = start_ + plan_.warmup;
    end_ = counting_from_ + plan_.duration;
    if (plan_.rate > 0) {
      OpenLoop();
    } else {
      ClosedLoop();
    }
    queue_.Shutdown();
    void* tag = nullptr;
    bool ok = false;
    while (queue_.Next(&tag, &ok)) {
    }
    const Clock::time_point until = std::max(last_answer_, counting_from_);
    result_.seconds = std::chrono::duration<double>(until - counting_from_).count();
    const double calls = static_cast<double>(result_.succeeded + result_.refused);
    if (calls > 0) result_.own_cpu_us_per_call = (ProcessCpuSeconds() - cpu_before_) * 1e6 / calls;
    return result_;
  }

 private:
  // Whether a call may be sent that was due at `intended`. Decides also whether it counts.
  bool MaySend(Clock::time_point intended, bool* counted) {
    *counted = intended >= counting_from_;
    if (*counted && !counting_) {
      counting_ = true;
      cpu_before_ = ProcessCpuSeconds();
    }
    return intended < end_ && counted_sent_ < plan_.calls_max && next_index_ < traffic_.calls_max() &&
           !(stop_ && stop_());
  }

  void Send(Slot* slot, Clock::time_point intended, bool counted) {
    slot->index = next_index_++;
    slot->intended = intended;
    slot->counted = counted;
    counted_sent_ += counted ? 1 : 0;
    traffic_.Fill(slot->index, &slot->request);
    slot->response.Clear();
    slot->context.emplace();
    slot->context->set_deadline(std::chrono::system_clock::now() + plan_.call_timeout);
    if (!bearer_.empty()) slot->context->AddMetadata("authorization", bearer_);
    slot->reader = slot->stub->PrepareUnaryCall(&*slot->context, traffic_.method(), slot->request, &queue_);
    slot->reader->StartCall();
    slot->reader->Finish(&slot->response, &slot->status, slot);
  }

  void Take(Slot* slot, Clock::time_point now) {
    if (slot->status.ok()) traffic_.Take(slot->index, &slot->response);
    if (!slot->counted) return;
    last_answer_ = now;
    result_.latency.Record(std::chrono::nanoseconds(now - slot->intended).count());
    if (slot->status.ok()) {
      ++result_.succeeded;
    } else {
      ++result_.refused;
      ++result_.refusals[RefusalLabel(slot->status)];
    }
  }

  void ClosedLoop() {
    int flying = 0;
    bool counted = false;
    for (Slot& slot : slots_) {
      const auto now = Clock::now();
      if (!MaySend(now, &counted)) break;
      Send(&slot, now, counted);
      ++flying;
    }
    void* tag = nullptr;
    bool ok = false;
    while (flying > 0 && queue_.Next(&tag, &ok)) {
      auto* slot = static_cast<Slot*>(tag);
      const auto now = Clock::now();
      Take(slot, now);
      if (MaySend(now, &counted)) {
        Send(slot, now, counted);
      } else {
        --flying;
      }
    }
  }

  // One thread sends at the calls' times, this one receives. gRPC's own timers are too coarse to send by:
  // they round to whole milliseconds.
  void OpenLoop() {
    for (Slot& slot : slots_) free_.push_back(&slot);
    std::thread sender([this] { SendOnTime(); });
    void* tag = nullptr;
    bool ok = false;
    while (true) {
      const auto status =
          queue_.AsyncNext(&tag, &ok, std::chrono::system_clock::now() + std::chrono::milliseconds(100));
      if (status == grpc::CompletionQueue::GOT_EVENT) {
        auto* slot = static_cast<Slot*>(tag);
        Take(slot, Clock::now());
        const std::lock_guard lock(mutex_);
        free_.push_back(slot);
        freed_.notify_one();
        continue;
      }
      const std::lock_guard lock(mutex_);
      if (all_sent_ && free_.size() == slots_.size()) break;
    }
    sender.join();
  }

  void SendOnTime() {
    prctl(PR_SET_TIMERSLACK, 1000);
    bool counted = false;
    for (uint64_t i = 0;; ++i) {
      const auto offset = std::chrono::duration<double>(static_cast<double>(i) / plan_.rate);
      const auto intended = start_ + std::chrono::duration_cast<Clock::duration>(offset);
      if (!MaySend(intended, &counted)) break;
      if (intended > Clock::now()) std::this_thread::sleep_until(intended);
      Slot* slot = nullptr;
      {
        std::unique_lock lock(mutex_);
        freed_.wait(lock, [this] { return !free_.empty(); });
        slot = free_.back();
        free_.pop_back();
      }
      if (counted && Clock::now() - intended > std::chrono::milliseconds(1)) ++sent_late_;
      Send(slot, intended, counted);
    }
    const std::lock_guard lock(mutex_);
    all_sent_ = true;
    result_.sent_late = sent_late_;
  }

  Traffic& traffic_;
  const LoadPlan& plan_;
  const std::function<bool()>& stop_;
  uint64_t next_index_;
  uint64_t counted_sent_ = 0;
  bool counting_ = false;
  std::string bearer_;
  std::vector<std::unique_ptr<grpc::GenericStub>> stubs_;
  grpc::CompletionQueue queue_;
  std::vector<Slot> slots_;
  Clock::time_point start_, counting_from_, end_, last_answer_;
  double cpu_before_ = 0;
  LoadResult result_;

  // Open loop only.
  std::mutex mutex_;
  std::condition_variable freed_;
  std::vector<Slot*> free_;
  bool all_sent_ = false;
  int64_t sent_late_ = 0;
};

}  // namespace

Channels Connect(const std::string& address, int count) {
  Channels channels;
  for (int i = 0; i < count; ++i) {
    grpc::ChannelArguments arguments;
    // Channels with equal arguments would share one connection.
    arguments.SetInt("tessera.load.connection", i);
    arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
    arguments.SetInt(GRPC_ARG_ENABLE_RETRIES, 0);
    // gRPC would wait a second and more before it connects again; everything here is on this machine.
    arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, 50);
    arguments.SetInt(GRPC_ARG_MIN_RECONNECT_BACKOFF_MS, 1000);
    arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, 500);
    channels.push_back(grpc::CreateCustomChannel(address, grpc::InsecureChannelCredentials(), arguments));
    channels.back()->GetState(/*try_to_connect=*/true);
  }
  // gRPC 1.51 can take a connection that is under way for a failed one (it looks at errno too late,
  // grpc/grpc#35064), and the first call would end with that although nothing is wrong.
  const auto until = std::chrono::system_clock::now() + kConnectTime;
  for (const auto& channel : channels) channel->WaitForConnected(until);
  return channels;
}

LoadResult RunLoad(const Channels& channels, Traffic& traffic, const LoadPlan& plan, uint64_t first_index,
                   const std::function<bool()>& stop) {
  return Run(channels, traffic, plan, first_index, stop).Go();
}

}  // namespace tessera::load
