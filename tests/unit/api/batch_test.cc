#include "api/parse_batch.h"
#include "core/limits.h"
#include "tests/unit/api/requests.h"

namespace tessera::api {
namespace {

using Part = pb::ImportCodesRequest;

void AddCodes(Part* part, int count) {
  for (int i = 0; i < count; ++i) part->add_codes("PARTNER-" + std::to_string(i));
}

TEST(BadBatch, NamesTheFieldOfAnImportsFirstPart) {
  Part good;
  good.set_request_id(kRequestId);
  good.set_campaign_id("spring");
  good.set_codes_max(core::limits::kCodesPerImportMax);
  AddCodes(&good, core::limits::kCodesPerPartMax);
  std::vector<Spoiled<Part>> cases = {
      {"no codes_max", [](Part& r) { r.clear_codes_max(); }, "codes_max"},
      {"negative codes_max", [](Part& r) { r.set_codes_max(-1); }, "codes_max"},
      {"codes_max above the limit", [](Part& r) { r.set_codes_max(100'001); }, "codes_max"},
      {"negative uses_max", [](Part& r) { r.set_uses_max(-1); }, "uses_max"},
      {"uses_max above the limit", [](Part& r) { r.set_uses_max(1'000'001); }, "uses_max"},
      {"too many codes in the part", [](Part& r) { r.add_codes("ONE-MORE"); }, "codes"},
  };
  AddRequestIdCases(cases);
  AddCampaignIdCases(cases);
  ExpectRefused(good, cases, [](const Part& r) { return ParseFirst(r); });
  EXPECT_EQ(ParseFirst(good)->uses_max, 1u) << "good once, where nothing is said";
  good.clear_codes();
  EXPECT_TRUE(ParseFirst(good).ok()) << "codes may come in later parts";
}

TEST(BadBatch, NamesTheFieldOfAnImportsLaterParts) {
  Part good;
  AddCodes(&good, core::limits::kCodesPerPartMax);
  const std::vector<Spoiled<Part>> cases = {
      {"a request_id", [](Part& r) { r.set_request_id(kRequestId); }, "request_id"},
      {"a campaign_id", [](Part& r) { r.set_campaign_id("spring"); }, "campaign_id"},
      {"a uses_max", [](Part& r) { r.set_uses_max(1); }, "uses_max"},
      {"a negative uses_max", [](Part& r) { r.set_uses_max(-1); }, "uses_max"},
      {"a codes_max", [](Part& r) { r.set_codes_max(1); }, "codes_max"},
      {"too many codes", [](Part& r) { r.add_codes("ONE-MORE"); }, "codes"},
  };
  ExpectRefused(good, cases, [](const Part& r) { return CheckNext(r); });
  EXPECT_TRUE(CheckNext(Part()).ok());
}

TEST(BadBatch, NamesTheFieldOfAStream) {
  using R = pb::StreamCodesRequest;
  R good;
  good.set_batch_id("b-4711");
  const auto set = [](std::string text) { return [text](R& r) { r.set_batch_id(text); }; };
  const std::vector<Spoiled<R>> cases = {
      {"no batch", set(""), "batch_id"},
      {"a letter alone", set("b-"), "batch_id"},
      {"number 0", set("b-0"), "batch_id"},
      {"a leading zero", set("b-04711"), "batch_id"},
      {"a sign", set("b-+4711"), "batch_id"},
      {"a negative number", set("b--4711"), "batch_id"},
      {"a blank", set("b-4711 "), "batch_id"},
      {"an upper case letter", set("B-4711"), "batch_id"},
      {"a number alone", set("4711"), "batch_id"},
      {"a job's id", set("j-4711"), "batch_id"},
      {"a number too large", set("b-99999999999999999999"), "batch_id"},
      {"a negative start", [](R& r) { r.set_start_offset(-1); }, "start_offset"},
      {"a start above the limit", [](R& r) { r.set_start_offset(100'000'001); }, "start_offset"},
  };
  ExpectRefused(good, cases, [](const R& r) { return Parse(r); });
  good.set_start_offset(100'000'000);
  EXPECT_EQ(Parse(good)->batch, 4711u);
  EXPECT_EQ(Parse(good)->start, 100'000'000u);
}

}  // namespace
}  // namespace tessera::api
