// The services' clocks do not matter: Redis' clock judges.

#include <gtest/gtest.h>
#include <time.h>

#include "tests/e2e/tessera_client.h"
#include "tests/e2e/trials.h"
#include "tools/load/campaign_setup.h"

namespace tessera::e2e {
namespace {

constexpr int64_t kMinuteMs = 60'000;

// A window from and until so many minutes from now.
void SetWindow(int64_t from_minutes, int64_t until_minutes, pb::TimeWindow* window) {
  load::SetMillis(load::NowMillis() + from_minutes * kMinuteMs, window->mutable_start_time());
  load::SetMillis(load::NowMillis() + until_minutes * kMinuteMs, window->mutable_end_time());
}

// Windows that begin or end half an hour away, so that an hour changes each verdict.
struct Windows {
  const char* name;
  int64_t claim_from, claim_until, use_from, use_until;
};
constexpr Windows kWindows[] = {{"not-open", 30, 300, -60, 300},      {"open-still", -300, 30, -60, 300},
                                {"open-already", -30, 300, -60, 300}, {"closed", -300, -30, -60, 300},
                                {"not-valid-yet", -60, 300, 30, 300}, {"valid-already", -60, 300, -30, 300},
                                {"valid-still", -60, 300, -300, 30}};

// How many seconds the clock that stamps the service's log is off. Without this the test could pass with
// clocks that are right.
int64_t ClockOffset(const testing::ServiceProcess& service) {
  const std::string log = service.Log();
  const size_t at = log.find("\"time\":\"");
  tm utc{};
  if (at == std::string::npos || strptime(log.c_str() + at + 8, "%Y-%m-%dT%H:%M:%S", &utc) == nullptr)
    return INT64_MAX;
  return timegm(&utc) - load::NowMillis() / 1000;
}

// What becomes of a claim, a reservation, its commit and a redemption in each of the windows, in words.
std::vector<std::string> Verdicts(int clock_offset_s) {
  testing::DeploymentOptions options;
  options.clock_offset_s = clock_offset_s;
  testing::Deployment deployment(options);
  for (auto* service : {&deployment.issuer(), &deployment.redeemer(), &deployment.analytics()}) {
    EXPECT_LT(std::abs(ClockOffset(*service) - clock_offset_s), 120);
  }
  TesseraClient client(deployment);
  std::vector<std::string> verdicts;
  const auto say = [&](const char* name, const char* what, const grpc::Status& status) {
    verdicts.push_back(std::string(name) + " " + what + " " +
                       (status.ok() ? "OK" : load::RefusalLabel(status)));
  };
  for (const Windows& windows : kWindows) {
    pb::CampaignDefinition definition = load::PlainDefinition("Clock");
    SetWindow(windows.claim_from, windows.claim_until, definition.mutable_claim_window());
    SetWindow(windows.use_from, windows.use_until, definition.mutable_use_window());
    definition.mutable_limits()->set_per_user_per_day(5);
    client.Open(windows.name, definition);
    pb::ClaimCouponResponse claimed;
    const grpc::Status status = client.Call(client.ClaimOf(windows.name, "ada"), &claimed);
    say(windows.name, "claim", status);
    if (!status.ok()) continue;
    pb::ReserveCouponsResponse reserved;
    const grpc::Status reserve = client.Call(client.ReserveOf(claimed.coupon().code(), "order-1"), &reserved);
    say(windows.name, "reserve", reserve);
    if (reserve.ok()) {
      pb::CommitReservationRequest commit;
      commit.set_request_id(client.NextId());
      commit.set_reservation_id(reserved.reservation().reservation_id());
      commit.set_order_id("order-1");
      *commit.mutable_discount() = reserved.reservation().discount();
      pb::CommitReservationResponse committed;
      say(windows.name, "commit", client.Call(commit, &committed));
      const int64_t off_ms = committed.redemption().redeem_time().seconds() * 1000 - load::NowMillis();
      EXPECT_LT(std::abs(off_ms), kMinuteMs) << "the redemption bears a wrong time";
    }
    pb::RedeemCouponsResponse redeemed;
    say(windows.name, "redeem", client.Call(client.RedeemOf(claimed.coupon().code(), "order-2"), &redeemed));
  }
  EXPECT_EQ(client.Differences(), "");
  return verdicts;
}

TEST(ClockTest, JudgesTheSameWithClocksAnHourOff) {
  const std::vector<std::string> right = {"not-open claim FAILED_PRECONDITION/CLAIM_WINDOW_NOT_OPEN",
                                          "open-still claim OK",
                                          "open-still reserve OK",
                                          "open-still commit OK",
                                          "open-still redeem FAILED_PRECONDITION/COUPON_ALREADY_REDEEMED",
                                          "open-already claim OK",
                                          "open-already reserve OK",
                                          "open-already commit OK",
                                          "open-already redeem FAILED_PRECONDITION/COUPON_ALREADY_REDEEMED",
                                          "closed claim FAILED_PRECONDITION/CLAIM_WINDOW_CLOSED",
                                          "not-valid-yet claim OK",
                                          "not-valid-yet reserve FAILED_PRECONDITION/COUPON_NOT_YET_VALID",
                                          "not-valid-yet redeem FAILED_PRECONDITION/COUPON_NOT_YET_VALID",
                                          "valid-already claim OK",
                                          "valid-already reserve OK",
                                          "valid-already commit OK",
                                          "valid-already redeem FAILED_PRECONDITION/COUPON_ALREADY_REDEEMED",
                                          "valid-still claim OK",
                                          "valid-still reserve OK",
                                          "valid-still commit OK",
                                          "valid-still redeem FAILED_PRECONDITION/COUPON_ALREADY_REDEEMED"};
  for (const int offset_s : {0, 3600, -3600}) {
    SCOPED_TRACE(offset_s);
    EXPECT_EQ(Verdicts(offset_s), right);
  }
  PrintTrials("verdicts with clocks an hour off", 2 * static_cast<int64_t>(right.size()));
}

}  // namespace
}  // namespace tessera::e2e
