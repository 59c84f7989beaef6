// Codes from elsewhere, over the public API: imported by parts, each with its verdict; good once, or as often
// as their limit says.

#include <atomic>

#include "tests/e2e/calling_test.h"
#include "tests/e2e/trials.h"
#include "tools/load/campaign_setup.h"
#include "tools/load/parallel.h"

namespace tessera::e2e {
namespace {

class ImportTest : public CallingTest {
 protected:
  ImportTest() : CallingTest(Options()) { client_.Open("partners", load::PlainDefinition("Partners")); }

  static testing::DeploymentOptions Options() {
    testing::DeploymentOptions options;
    options.durability = testing::RedisDurability::kEverysec;
    options.log_level = "warning";
    return options;
  }
  pb::ImportCodesRequest Header(int codes_max, int uses_max = 0) {
    pb::ImportCodesRequest header;
    header.set_request_id(client_.NextId());
    header.set_campaign_id("partners");
    header.set_codes_max(codes_max);
    header.set_uses_max(uses_max);
    return header;
  }
  pb::ImportCodesResponse MustImport(const pb::ImportCodesRequest& header,
                                     const std::vector<std::string>& codes, size_t part_size = 1000) {
    pb::ImportCodesResponse response;
    const grpc::Status status = client_.Import(header, codes, &response, part_size);
    EXPECT_TRUE(status.ok()) << status.error_message();
    return response;
  }
  load::RefusalInfo Refused(const pb::ImportCodesRequest& header, const std::vector<std::string>& codes,
                            size_t part_size = 1000) {
    pb::ImportCodesResponse response;
    return load::RefusalOf(client_.Import(header, codes, &response, part_size));
  }
  static std::vector<std::string> Codes(int from, int count) {
    std::vector<std::string> codes;
    for (int i = from; i < from + count; ++i) codes.push_back("PARTNER-" + std::to_string(1'000'000 + i));
    return codes;
  }
};

TEST_F(ImportTest, EveryCodeHasItsVerdict) {
  const std::vector<std::string> codes = {
      "Spring-2026",      "SPR1NG2O26",         "abc", "GOOD-1234", "no/slash",
      "0123456789ABCDEF", std::string(33, 'A'), ""};
  const pb::ImportCodesRequest header = Header(8);
  const auto answer = MustImport(header, codes);
  const std::vector<int> expected = {pb::IMPORT_VERDICT_ADDED,   pb::IMPORT_VERDICT_DUPLICATE_IN_REQUEST,
                                     pb::IMPORT_VERDICT_INVALID, pb::IMPORT_VERDICT_ADDED,
                                     pb::IMPORT_VERDICT_INVALID, pb::IMPORT_VERDICT_INVALID,
                                     pb::IMPORT_VERDICT_INVALID, pb::IMPORT_VERDICT_INVALID};
  EXPECT_EQ(std::vector<int>(answer.verdicts().begin(), answer.verdicts().end()), expected);
  EXPECT_EQ(answer.added_count(), 2);
  EXPECT_EQ(answer.duplicate_count(), 1);
  EXPECT_EQ(answer.invalid_count(), 5);
  EXPECT_EQ(MustImport(header, codes).SerializeAsString(), answer.SerializeAsString());
  // With one more in front, the others stay what they were.
  const auto more = MustImport(header, {"NEW-IN-FRONT", "GOOD-1234", "SPRING2026"});
  EXPECT_EQ(more.added_count(), 3);
  EXPECT_EQ(more.batch_id(), answer.batch_id());
  EXPECT_EQ(MustImport(Header(8), {"spring2026"}).exists_count(), 1);
  EXPECT_EQ(client_.SettledStats("partners").codes_generated_count(), 3);
  EXPECT_EQ(ReasonOf<pb::RedeemCouponsResponse>(client_.RedeemOf("spr ing-2o26", "order-1")), "OK");
  EXPECT_EQ(ReasonOf<pb::RedeemCouponsResponse>(client_.RedeemOf("SPRING2026", "order-2")),
            "COUPON_ALREADY_REDEEMED");
}

TEST_F(ImportTest, AHundredThousandCodesAndARepeatedPartAddsNothing) {
  const int count = static_cast<int>(Trials(100'000, 100'000));
  const std::vector<std::string> codes = Codes(0, count);
  const pb::ImportCodesRequest header = Header(count);
  // It breaks off midway, and is sent again as a whole.
  pb::ImportCodesResponse part;
  const std::vector<std::string> half(codes.begin(), codes.begin() + count / 2);
  EXPECT_TRUE(client_.Import(header, half, &part).ok());
  EXPECT_EQ(part.added_count(), count / 2);
  const auto whole = MustImport(header, codes);
  EXPECT_EQ(whole.added_count(), count);
  EXPECT_EQ(whole.batch_id(), part.batch_id());
  EXPECT_EQ(MustImport(header, codes, 500).SerializeAsString(), whole.SerializeAsString());
  EXPECT_EQ(MustImport(Header(count), codes).exists_count(), count);
  EXPECT_EQ(client_.SettledStats("partners").codes_generated_count(), count);
  EXPECT_EQ(client_.Differences(), "");
  PrintTrials("imported codes, sent three times and by another import", count);
}

TEST_F(ImportTest, TwoImportsOfTheSameCodesAddEachOnce) {
  const std::vector<std::string> codes = Codes(0, 5'000);
  std::atomic<int64_t> added{0};
  std::atomic<int64_t> exist{0};
  std::vector<pb::ImportCodesRequest> headers;
  for (int i = 0; i < 4; ++i) headers.push_back(Header(5'000));
  load::Parallel(4, 4, [&](int64_t i, int) {
    TesseraClient client(deployment_);
    pb::ImportCodesResponse response;
    EXPECT_TRUE(client.Import(headers[static_cast<size_t>(i)], codes, &response).ok());
    added += response.added_count();
    exist += response.exists_count();
  });
  EXPECT_EQ(added, 5'000);
  EXPECT_EQ(exist, 15'000);
}

TEST_F(ImportTest, AVanityCodeIsGoodAsOftenAsItsLimitSays) {
  constexpr int kUses = 100;
  MustImport(Header(1, kUses), {"SPRING2026"});
  std::atomic<int> winners{0};
  std::atomic<int> used_up{0};
  load::Parallel(32, 256, [&](int64_t user, int) {
    TesseraClient client(deployment_);
    pb::RedeemCouponsRequest redeem = client.RedeemOf("spring-2026", "order-" + std::to_string(user));
    redeem.set_user_id("user-" + std::to_string(user));
    pb::RedeemCouponsResponse response;
    const grpc::Status status = client.Call(redeem, &response);
    if (status.ok()) ++winners;
    if (load::RefusalOf(status).reason == "CODE_USED_UP") ++used_up;
  });
  EXPECT_EQ(winners, kUses);
  EXPECT_EQ(used_up, 256 - kUses);
  EXPECT_EQ(client_.SettledStats("partners").redeemed_count(), kUses);
  EXPECT_EQ(client_.Differences(), "");
  PrintTrials("users of one code that is good 100 times", 256);
}

TEST_F(ImportTest, NamesWhatIsWrongWithAnImport) {
  EXPECT_EQ(Refused(Header(0), {}).metadata["field"], "codes_max");
  EXPECT_EQ(Refused(Header(100'001), {}).metadata["field"], "codes_max");
  EXPECT_EQ(Refused(Header(1, -1), {}).metadata["field"], "uses_max");
  EXPECT_EQ(Refused(Header(1, 1'000'001), {}).metadata["field"], "uses_max");
  EXPECT_EQ(Refused(Header(2), Codes(0, 3)).metadata["field"], "codes");
  EXPECT_EQ(Refused(Header(2'000), Codes(0, 2'000), 1'001).metadata["field"], "codes");
  pb::ImportCodesRequest nowhere = Header(1);
  nowhere.set_campaign_id("no-such");
  EXPECT_EQ(Refused(nowhere, {}).reason, "CAMPAIGN_NOT_FOUND");
  pb::ImportCodesRequest twice = Header(5);
  MustImport(twice, {"TWICE-1"});
  twice.set_codes_max(6);
  EXPECT_EQ(Refused(twice, {}).reason, "REQUEST_ID_REUSED");
  EXPECT_EQ(client_.SettledStats("partners").codes_generated_count(), 1);
  pb::StreamCodesRequest stream;
  stream.set_batch_id(MustImport(Header(5), {"STREAM-1"}).batch_id());
  std::vector<std::string> none;
  EXPECT_EQ(load::RefusalOf(client_.Stream(&stream, &none)).metadata["field"], "batch_id");
}

}  // namespace
}  // namespace tessera::e2e
