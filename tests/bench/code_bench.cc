#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <random>
#include <string>
#include <vector>

#include "crypto/aes.h"
#include "crypto/code_keys.h"
#include "crypto/digest.h"
#include "crypto/user_keys.h"

// What codes and digests cost on one core: prints the median of several rounds, interleaved, so that noise
// meets all alike.
namespace {

using namespace tessera;

constexpr int kRounds = 9;
constexpr int kCallsPerRound = 100'000;

struct Measured {
  const char* name;
  double (*round)();  // nanoseconds per call
  std::vector<double> nanoseconds;
};

// The time this thread had a core: what others do on the machine counts as little as it can.
double ThreadNanoseconds() {
  timespec now;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) * 1e9 + static_cast<double>(now.tv_nsec);
}

template <class Call>
double PerCall(const Call& call) {
  const double start = ThreadNanoseconds();
  for (int i = 0; i < kCallsPerRound; ++i) call(i);
  return (ThreadNanoseconds() - start) / kCallsPerRound;
}

const crypto::KeyFile& Keys() {
  static const crypto::KeyFile keys = [] {
    std::string text;
    char digit = '1';
    for (const char* purpose : {"user", "code", "request", "token"}) {
      text.append(purpose).append(" 0 ").append(64, digit++).append(" current\n");
    }
    return *crypto::KeyFile::Parse(text, "bench");
  }();
  return keys;
}

const core::CodeBook& Book() {
  static const core::CodeBook book = crypto::MakeCodeBook(Keys());
  return book;
}

core::CodeContent ContentOf(int i) {
  return {.kind = core::CodeKind::kCoupon, .number = {static_cast<uint64_t>(i) * 331}};
}

const std::vector<std::string>& Codes(bool forged) {
  static const auto make = [](bool wrong) {
    std::vector<std::string> codes;
    std::mt19937_64 random(1);
    for (int i = 0; i < kCallsPerRound; ++i) {
      codes.push_back(Book().Make(ContentOf(i)));
      // The first symbol stays, so that the forgery meets a key and has to be deciphered.
      if (wrong) codes.back()[3] = codes.back()[3] == 'A' ? 'B' : 'A';
    }
    return codes;
  };
  static const std::vector<std::string> good = make(false);
  static const std::vector<std::string> bad = make(true);
  return forged ? bad : good;
}

void Expect(bool holds) {
  if (!holds) {
    std::fprintf(stderr, "code_bench: a call gave the wrong answer\n");
    std::exit(1);
  }
}

double AesBlock() {
  static const crypto::AesCipher cipher(std::vector<uint8_t>(16, 1));
  core::Block block{};
  return PerCall([&](int) { cipher.Encrypt(block); });
}

double Make() {
  return PerCall([](int i) { Expect(Book().Make(ContentOf(i)).size() == 19); });
}

double Open() {
  const auto& codes = Codes(false);
  return PerCall([&](int i) { Expect(Book().Open(codes[static_cast<size_t>(i)]).ok()); });
}

double RefuseForged() {
  const auto& codes = Codes(true);
  return PerCall([&](int i) { Expect(!Book().Open(codes[static_cast<size_t>(i)]).ok()); });
}

double UserKey() {
  static const crypto::UserKeyMaker maker(Keys());
  std::string user = "user-00000000";
  return PerCall([&](int i) {
    user.back() = static_cast<char>('0' + i % 10);
    Expect(maker.MakeUserKey(user).bytes[0] == 0);
  });
}

double OperationDigest() {
  static const crypto::RequestDigests digests(Keys());
  core::RequestId id;
  return PerCall([&](int i) {
    id.bytes[0] = static_cast<uint8_t>(i);
    Expect(digests
               .Operation(
                   {.caller = "shop", .method = "ClaimCoupon", .subject = "twelve-bytes", .request_id = id})
               .size() == 12);
  });
}

}  // namespace

int main() {
  Measured all[] = {{"AES block", AesBlock, {}},      {"code made", Make, {}},
                    {"code opened", Open, {}},        {"forged code refused", RefuseForged, {}},
                    {"user key (HMAC)", UserKey, {}}, {"operation field (HMAC)", OperationDigest, {}}};
  for (int round = 0; round < kRounds; ++round) {
    for (Measured& one : all) one.nanoseconds.push_back(one.round());
  }
  for (Measured& one : all) {
    std::sort(one.nanoseconds.begin(), one.nanoseconds.end());
    const double median = one.nanoseconds[kRounds / 2];
    std::printf("%-24s %8.0f ns %12.0f /s per core  (%.0f to %.0f ns)\n", one.name, median, 1e9 / median,
                one.nanoseconds.front(), one.nanoseconds.back());
  }
  return 0;
}
