#include "storage/redis/issue_calls.h"

#include <algorithm>
#include <iterator>

#include "async/spawn.h"
#include "scripts.h"
#include "storage/redis/errors.h"
#include "storage/redis/records.h"
#include "storage/redis/unpacker.h"

namespace tessera::storage {

// Requests on their way together: a group for each partition.
struct IssueCalls::Call {
  struct Group {
    uint32_t partition = 0;
    int64_t stock_leased = 0;
    int64_t day_leased = 0;
    std::vector<IssueRequest::Item> items;
  };
  struct Place {
    size_t group = 0;
    size_t item = 0;
  };

  Name name;
  core::CampaignNumber campaign;
  std::vector<Group> groups;
  size_t items = 0;
  Deadline deadline{};  // the latest that one of them has
  async::Event answered;
  std::shared_ptr<const redis::Reply> reply;
  core::Status failure = core::Ok();

  // What was ever leased only grows, so of two that tell it the greater is right.
  Place Add(IssueRequest request) {
    auto group = std::find_if(groups.begin(), groups.end(),
                              [&](const Group& one) { return one.partition == request.partition; });
    if (group == groups.end()) {
      group = groups.emplace(groups.end());
      group->partition = request.partition;
    }
    const Place place{static_cast<size_t>(group - groups.begin()), group->items.size()};
    group->stock_leased = std::max(group->stock_leased, request.stock_leased);
    group->day_leased = std::max(group->day_leased, request.day_leased);
    std::move(request.items.begin(), request.items.end(), std::back_inserter(group->items));
    items += request.items.size();
    deadline = std::max(deadline, request.deadline);
    return place;
  }

  // The reply begins with the instant; then come each group's head and items.
  size_t HeadOf(size_t group) const {
    size_t at = 1;
    for (size_t g = 0; g < group; ++g) at += 1 + groups[g].items.size();
    return at;
  }
};

core::InstantMs IssueAnswer::now() const { return Unpacker((*reply)[0].text()).Signed(6); }

async::Task<core::Result<IssueAnswer>> IssueCalls::Send(IssueRequest request) {
  const Deadline deadline = request.deadline;
  if (async::Clock::now() >= deadline) co_return CommonRefusal("DEADLINE");
  // In a cluster a call keeps to one partition.
  const Name name{request.terms, backend_.client.has_slots() ? request.partition : 0};
  const auto open = open_.find(name);
  std::shared_ptr<Call> call;
  if (open != open_.end() && open->second->items + request.items.size() <= kItemsMax) {
    call = open->second;
  } else {
    call = std::make_shared<Call>();
    call->name = name;
    call->campaign = request.campaign;
    open_.insert_or_assign(name, call);
    async::Spawn(co_await asio::this_coro::executor, Run(call));
  }
  const Call::Place place = call->Add(std::move(request));
  if (!co_await call->answered.WaitUntil(deadline)) {
    if (deadline < call->deadline) co_return OutcomeUnknown("the answer had not come by the deadline");
    // The call ends now, and says more truly why.
    co_await call->answered.Wait();
  }
  if (!call->failure.ok()) co_return call->failure.error();
  IssueAnswer answer;
  answer.reply = call->reply;
  answer.head = call->HeadOf(place.group);
  answer.first = answer.head + 1 + place.item;
  co_return answer;
}

async::Task<void> IssueCalls::Run(std::shared_ptr<Call> call) {
  // Whoever is ready now comes along.
  co_await async::Yield();
  const auto open = open_.find(call->name);
  if (open != open_.end() && open->second == call) open_.erase(open);
  core::Result<redis::Reply> reply = co_await backend_.Call(Build(*call), call->deadline);
  if (!reply.ok()) {
    call->failure = std::move(reply).error();
  } else if (reply->size() != call->HeadOf(call->groups.size())) {
    call->failure = Nonsense("issue", *reply);
  } else {
    call->reply = std::make_shared<const redis::Reply>(std::move(*reply));
  }
  call->answered.Set();
}

redis::Command IssueCalls::Build(const Call& call) const {
  const Keys& keys = backend_.keys;
  redis::Command command(redis_scripts::kIssue);
  command.Reserve(128 + 96 * call.groups.size() + 128 * call.items);
  for (const Call::Group& group : call.groups) {
    command.Key(keys.Campaign(group.partition, call.campaign)).Key(keys.Ledger(group.partition));
    command.Key(keys.Due(group.partition));
    for (const IssueRequest::Item& item : group.items) {
      command.Key(keys.Wallet(group.partition, item.bucket));
    }
  }
  command.Arg(call.name.first);
  for (const Call::Group& group : call.groups) {
    std::string head = PackNumber(group.items.size(), 2);
    head += PackNumber(static_cast<uint64_t>(group.stock_leased), 7);
    head += PackNumber(static_cast<uint64_t>(group.day_leased), 7);
    command.Arg(head);
    for (const IssueRequest::Item& item : group.items) command.Arg(item.packed);
  }
  return command;
}

}  // namespace tessera::storage
