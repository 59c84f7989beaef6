#include "services/issuer/batch_handlers.h"

#include <algorithm>

#include "api/parse_batch.h"
#include "async/timer.h"
#include "services/issuer/code_import.h"
#include "services/issuer/code_stream.h"

namespace tessera::issuer {
namespace {

namespace pb = coupon::v1;

constexpr uint64_t kCodesPerMessage = 1'000;
// Between two looks at a batch that a job is still making.
constexpr std::chrono::milliseconds kFollowInterval{100};
constexpr int kLooksPerMessage = 10;

}  // namespace

void BatchHandlers::Register(server::Router& router) {
  router.Handle("coupon.v1.IssuerService/StreamCodes", this, &BatchHandlers::StreamCodes);
  router.Handle("coupon.v1.IssuerService/ImportCodes", this, &BatchHandlers::ImportCodes);
}

async::Task<core::Status> BatchHandlers::StreamCodes(const Context& context,
                                                     const pb::StreamCodesRequest& request,
                                                     server::ResponseStream<pb::StreamCodesResponse>& out) {
  const auto parsed = api::Parse(request);
  if (!parsed.ok()) co_return parsed.error();
  const CodeStream stream(store_, tools_);
  uint64_t offset = parsed->start;
  for (int look = 0;; ++look) {
    const auto batch = co_await store_.GetBatch(parsed->batch, context.deadline);
    if (!batch.ok()) co_return batch.error();
    if (batch->imported)
      co_return core::InvalidField("batch_id", "must not be of an import: its codes are not kept");
    if (offset > batch->numbers.count) {
      co_return core::InvalidField("start_offset", "must be at most " + std::to_string(batch->numbers.count));
    }
    while (offset < batch->made) {
      const uint64_t count = std::min(kCodesPerMessage, batch->made - offset);
      auto codes = co_await stream.Read(&*batch, offset, count, context.deadline);
      if (!codes.ok()) co_return codes.error();
      offset += count;
      pb::StreamCodesResponse response;
      for (std::string& code : *codes) response.add_codes(std::move(code));
      response.set_next_offset(static_cast<int64_t>(offset));
      const bool taken = co_await out.Send(response);
      if (!taken) co_return core::Ok();
    }
    if (!batch->growing) co_return core::Ok();
    if (look % kLooksPerMessage == kLooksPerMessage - 1) {
      // That nobody waits any more is noticed by sending.
      pb::StreamCodesResponse nothing_new;
      nothing_new.set_next_offset(static_cast<int64_t>(offset));
      const bool taken = co_await out.Send(nothing_new);
      if (!taken) co_return core::Ok();
    }
    if (async::After(kFollowInterval) >= context.deadline) {
      co_return core::Error(core::Reason::kDeadlinePassed, "the job is still making the rest");
    }
    co_await async::Sleep(kFollowInterval);
  }
}

async::Task<core::Result<pb::ImportCodesResponse>> BatchHandlers::Import(
    const Context& context, server::RequestStream<pb::ImportCodesRequest>& in) {
  CodeImport import(store_, tools_);
  bool opened = false;
  while (true) {
    const core::Result<const pb::ImportCodesRequest*> next = co_await in.Next();
    if (!next.ok()) co_return next.error();
    if (*next == nullptr) break;
    const pb::ImportCodesRequest& part = **next;
    core::Status ready = core::Ok();
    if (opened) {
      ready = api::CheckNext(part);
    } else {
      auto header = api::ParseFirst(part);
      if (!header.ok()) co_return header.error();
      context.Note("campaign_id", header->campaign_id);
      ready = co_await import.Open(*std::move(header), program::AskerOf(context));
      opened = true;
    }
    if (!ready.ok()) co_return std::move(ready).error();
    std::vector<std::string> codes(part.codes().begin(), part.codes().end());
    core::Status added = co_await import.Add(std::move(codes));
    if (!added.ok()) co_return std::move(added).error();
  }
  if (!opened)
    co_return core::InvalidField("request_id", "must be in the import's first part, and there is none");
  co_return import.Answer();
}

async::Task<core::Result<pb::ImportCodesResponse>> BatchHandlers::ImportCodes(
    const Context& context, server::RequestStream<pb::ImportCodesRequest>& in) {
  auto answer = co_await Import(context, in);
  metrics_.import.Count(answer);
  co_return answer;
}

}  // namespace tessera::issuer
