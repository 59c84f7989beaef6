#include "tests/support/cut_proxy.h"

#include <array>
#include <asio/executor_work_guard.hpp>
#include <asio/io_context.hpp>
#include <asio/ip/tcp.hpp>
#include <asio/post.hpp>
#include <asio/steady_timer.hpp>
#include <asio/write.hpp>
#include <set>
#include <string_view>
#include <utility>

namespace tessera::testing {
namespace {

using asio::ip::tcp;

// Follows the frames of one HTTP/2 connection, in the direction from server to client.
class AnswerFinder {
 public:
  // Reads `bytes`, which follow those of the call before. Asks `cut` at the head of each answer; when it says
  // yes, returns where in `bytes` to cut, else npos.
  template <class Cut>
  size_t Scan(std::string_view bytes, const Cut& cut) {
    size_t head_at = 0;
    for (size_t at = 0; at < bytes.size();) {
      if (body_left_ > 0) {
        const size_t step = std::min(body_left_, bytes.size() - at);
        body_left_ -= step;
        at += step;
        continue;
      }
      if (head_size_ == 0) head_at = at;
      head_[head_size_++] = static_cast<uint8_t>(bytes[at++]);
      if (head_size_ < head_.size()) continue;
      head_size_ = 0;
      body_left_ = static_cast<size_t>(head_[0]) << 16 | static_cast<size_t>(head_[1]) << 8 | head_[2];
      if (BeginsAnswer() && cut()) return head_at;
    }
    return std::string_view::npos;
  }

 private:
  static constexpr uint8_t kHeaders = 1;
  static constexpr uint8_t kEndStream = 1;

  // An answer has headers at its begin and again, as trailers, at its end; a refusal has trailers only.
  bool BeginsAnswer() {
    if (head_[3] != kHeaders) return false;
    const uint32_t stream = static_cast<uint32_t>(head_[5] & 0x7F) << 24 |
                            static_cast<uint32_t>(head_[6]) << 16 | static_cast<uint32_t>(head_[7]) << 8 |
                            head_[8];
    const bool first = !open_.contains(stream);
    if ((head_[4] & kEndStream) != 0) {
      open_.erase(stream);
    } else {
      open_.insert(stream);
    }
    return first;
  }

  std::array<uint8_t, 9> head_{};
  size_t head_size_ = 0;
  size_t body_left_ = 0;
  std::set<uint32_t> open_;  // streams whose answer has begun
};

}  // namespace

struct CutProxy::Loop {
  asio::io_context context{1};
  asio::executor_work_guard<asio::io_context::executor_type> work{context.get_executor()};
  tcp::acceptor acceptor{context, tcp::endpoint(asio::ip::address_v4::loopback(), 0)};
  std::set<std::shared_ptr<Relay>> relays;
};

// One client's connection and its counterpart. Lives until both directions have ended.
class CutProxy::Relay : public std::enable_shared_from_this<Relay> {
 public:
  Relay(CutProxy* proxy, tcp::socket client)
      : proxy_(proxy),
        client_(std::move(client)),
        server_(proxy->loop_->context),
        up_timer_(proxy->loop_->context),
        down_timer_(proxy->loop_->context) {}

  void Start() {
    const std::string& target = proxy_->target_;
    const auto port = static_cast<uint16_t>(std::stoi(target.substr(target.rfind(':') + 1)));
    server_.async_connect(tcp::endpoint(asio::ip::address_v4::loopback(), port),
                          [self = shared_from_this()](std::error_code error) {
                            if (error) return self->Cut();
                            std::error_code ignored;
                            self->client_.set_option(tcp::no_delay(true), ignored);
                            self->server_.set_option(tcp::no_delay(true), ignored);
                            self->Pump(self->client_, self->server_, self->up_, false);
                            self->Pump(self->server_, self->client_, self->down_, true);
                          });
  }

  void Cut() {
    std::error_code ignored;
    client_.close(ignored);
    server_.close(ignored);
    up_timer_.cancel();
    down_timer_.cancel();
    proxy_->loop_->relays.erase(shared_from_this());
  }

 private:
  using Buffer = std::array<char, 16 * 1024>;

  void Pump(tcp::socket& from, tcp::socket& to, Buffer& buffer, bool answers) {
    from.async_read_some(asio::buffer(buffer), [=, this, &from, &to, &buffer, self = shared_from_this()](
                                                   std::error_code error, size_t size) {
      if (error) return Cut();
      const auto cut = [this] { return proxy_->CutThisAnswer(); };
      const size_t end = answers ? finder_.Scan({buffer.data(), size}, cut) : std::string_view::npos;
      const bool cutting = end != std::string_view::npos;
      const auto pass = [=, this, &from, &to, &buffer, self = self](std::error_code stopped) {
        if (stopped) return;
        asio::async_write(to, asio::buffer(buffer.data(), cutting ? end : size),
                          [=, this, &from, &to, &buffer, self = self](std::error_code failed, size_t) {
                            if (failed || cutting) return Cut();
                            Pump(from, to, buffer, answers);
                          });
      };
      const std::chrono::milliseconds delay = proxy_->Delay();
      if (delay.count() == 0) return pass(std::error_code());
      asio::steady_timer& timer = answers ? down_timer_ : up_timer_;
      timer.expires_after(delay);
      timer.async_wait(pass);
    });
  }

  CutProxy* proxy_;
  tcp::socket client_;
  tcp::socket server_;
  asio::steady_timer up_timer_;
  asio::steady_timer down_timer_;
  Buffer up_{};
  Buffer down_{};
  AnswerFinder finder_;
};

CutProxy::CutProxy(std::string target) : target_(std::move(target)), loop_(std::make_unique<Loop>()) {
  address_ = "127.0.0.1:" + std::to_string(loop_->acceptor.local_endpoint().port());
  struct Acceptor {
    CutProxy* proxy;
    void operator()() {
      proxy->loop_->acceptor.async_accept([again = *this](std::error_code error, tcp::socket client) mutable {
        if (error) return;
        auto relay = std::make_shared<Relay>(again.proxy, std::move(client));
        again.proxy->loop_->relays.insert(relay);
        relay->Start();
        again();
      });
    }
  };
  Acceptor{this}();
  thread_ = std::thread([this] { loop_->context.run(); });
}

CutProxy::~CutProxy() {
  asio::post(loop_->context, [this] {
    std::error_code ignored;
    loop_->acceptor.close(ignored);
    const auto relays = loop_->relays;
    for (const auto& relay : relays) relay->Cut();
    loop_->work.reset();
  });
  thread_.join();
}

void CutProxy::CutNow() {
  asio::post(loop_->context, [this] {
    const auto relays = loop_->relays;
    for (const auto& relay : relays) relay->Cut();
  });
}

bool CutProxy::CutThisAnswer() {
  const int every = cut_every_;
  const bool cut = every > 0 && ++answers_seen_ % every == 0;
  ++(cut ? answers_cut_ : answers_passed_);
  return cut;
}

std::chrono::milliseconds CutProxy::Delay() {
  const int longest = delay_max_ms_;
  return std::chrono::milliseconds(longest > 0 ? random_() % static_cast<unsigned>(longest + 1) : 0);
}

}  // namespace tessera::testing
