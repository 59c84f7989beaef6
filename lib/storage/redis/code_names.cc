#include "storage/redis/code_names.h"

#include <map>

#include "async/when_all.h"
#include "scripts.h"
#include "storage/redis/errors.h"
#include "storage/redis/records.h"
#include "storage/redis/unpacker.h"

namespace tessera::storage {

struct CodeNames::Addition {
  CodeRange range;
  std::vector<StoredCode> codes;
  Deadline deadline;
  std::vector<core::CodeNumber> numbers;
  std::optional<core::Error> failure;  // the first
};

async::Task<void> CodeNames::AddShare(Addition* addition, Share share) const {
  const Keys& keys = backend_.keys;
  const core::Shape& shape = keys.shape();
  const CodeRange& range = addition->range;
  redis::Command command(redis_scripts::kAddCodes);
  command.Key(keys.Ledger(share.partition)).Key(keys.Given(share.partition, range.batch));
  for (const size_t place : share.places) {
    command.Key(keys.StoredCodes(share.partition, addition->codes[place].key.bucket(shape)));
  }
  command.Arg(backend_.clock.At(addition->deadline)).Arg(PackNumber(range.campaign.value, 4));
  command.Arg(range.batch / shape.partitions);
  // Each partition has every P-th index, so that a code's state stands beside its name.
  const uint64_t first = IndexIn(share.partition, range.first, shape);
  const auto home = static_cast<uint32_t>(range.batch % shape.partitions);
  command.Arg(core::CodeNumber::Of(shape, home, first).value);
  command.Arg(uint64_t{shape.partitions} * shape.partitions).Arg(range.count / shape.partitions);
  for (const size_t place : share.places) {
    const StoredCode& code = addition->codes[place];
    command.Arg(std::string(code.key.view()) + (code.number ? PackCode(*code.number) : ""));
  }
  core::Result<ScriptReply> reply = co_await backend_.Run(std::move(command), addition->deadline);
  core::Status added = core::Ok();
  if (!reply.ok()) {
    added = std::move(reply).error();
  } else if (reply->status == "FULL") {
    added = core::Error(core::Reason::kStorageFull, "The import was opened for fewer codes.");
  } else if (reply->status != "ADDED") {
    added = CommonRefusal(reply->status);
  } else {
    Unpacker in(reply->reply[2].text());
    for (const size_t place : share.places) addition->numbers[place].value = in.Number(kNumberBytes);
    if (in.failed()) added = Nonsense("add_codes", reply->reply);
  }
  if (!added.ok() && !addition->failure) addition->failure = std::move(added).error();
}

async::Task<core::Result<std::vector<core::CodeNumber>>> CodeNames::Add(CodeRange range,
                                                                        std::vector<StoredCode> codes,
                                                                        Deadline deadline) const {
  Addition addition;
  addition.range = range;
  addition.codes = std::move(codes);
  addition.deadline = deadline;
  addition.numbers.resize(addition.codes.size());
  std::map<uint32_t, Share> shares;
  for (size_t i = 0; i < addition.codes.size(); ++i) {
    const uint32_t partition = addition.codes[i].key.partition(backend_.keys.shape());
    shares[partition].partition = partition;
    shares[partition].places.push_back(i);
  }
  std::vector<async::Task<void>> tasks;
  for (auto& [partition, share] : shares) tasks.push_back(AddShare(&addition, std::move(share)));
  co_await async::WhenAll(std::move(tasks));
  if (addition.failure) co_return *std::move(addition.failure);
  co_return std::move(addition.numbers);
}

async::Task<core::Result<core::CodeNumber>> CodeNames::Find(core::StoredCodeKey key,
                                                            Deadline deadline) const {
  const core::Shape& shape = backend_.keys.shape();
  redis::Command command("HGET");
  command.ReadOnly().WaitForReplicas();
  command.Key(backend_.keys.StoredCodes(key.partition(shape), key.bucket(shape))).Arg(key.view());
  core::Result<redis::Reply> reply = co_await backend_.Call(std::move(command), deadline);
  if (!reply.ok()) co_return std::move(reply).error();
  if (reply->is_nil()) co_return core::Error(core::Reason::kCouponNotFound, "There is no such code.");
  co_return core::CodeNumber{Unpacker(reply->text()).Number(kNumberBytes)};
}

}  // namespace tessera::storage
